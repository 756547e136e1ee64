"""Killed at any moment, a registration is whole or not there at all."""

import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from surtitle.registry import Registry
from tests.registry.helpers import NOW, add, assert_sound, assert_tidy, die_at_lines

CHECKOUT = Path(__file__).parents[2]


def assert_recovers(root: Path, *, expected: range) -> int:
    """Check what a killed registration has left, and that the next one tidies up; return how many were there."""
    numbers = assert_sound(root)
    assert len(numbers) in expected
    promised = Registry(root).next_number()
    assert promised > max(numbers, default=0)
    assert add(Registry(root)).number == promised
    assert_tidy(root)
    return len(numbers)


def test_killed_at_any_line_of_the_first_registration(tmp_path: Path, step: int) -> None:
    roots = die_at_lines(lambda turn: tmp_path / str(turn), lambda root: add(Registry(root)), step=step)
    seen = [assert_recovers(root, expected=range(2)) for root in roots]
    assert seen == sorted(seen), "once committed, always there"
    assert set(seen) == {0, 1}
    assert len(seen) * step > 150


def test_killed_at_any_line_of_a_sweep(tmp_path: Path, step: int) -> None:
    def prepare(turn: int) -> Path:
        root = tmp_path / str(turn)
        registry = Registry(root)
        add(registry)
        # As left by a process that was killed between the rename and the commit.
        (root / "incoming" / "dead.lock").write_text("2")
        (root / "versions" / "2").mkdir()
        (root / "versions" / "2" / "half").touch()
        return root

    roots = die_at_lines(prepare, lambda root: add(Registry(root)), step=step)
    seen = [assert_recovers(root, expected=range(1, 3)) for root in roots]
    assert set(seen) == {1, 2}


def test_killed_at_any_line_of_a_rollback(tmp_path: Path, step: int) -> None:
    def prepare(turn: int) -> Path:
        registry = Registry(tmp_path / str(turn))
        add(registry, 2)
        for number in (1, 2):
            registry.set_alias("champion", number, now=NOW, why="")
        return registry.root

    roots = die_at_lines(prepare, lambda root: Registry(root).rollback("champion", now=NOW, why=""), step=step)
    seen = [(Registry(root).aliases()["champion"], len(Registry(root).history())) for root in roots]
    assert set(seen) == {(2, 2), (1, 3)}


def test_note_of_a_committed_version_takes_nothing_with_it(tmp_path: Path) -> None:
    add(Registry(tmp_path))
    (tmp_path / "incoming" / "dead.lock").write_text("1")
    assert assert_recovers(tmp_path, expected=range(1, 2)) == 1


def kill_at_random_moments(root: Path, kills: int) -> None:
    moments = random.Random(7)
    registered = 0
    for _ in range(kills):
        command = [sys.executable, "-m", "tests.registry.helpers", str(root)]
        with subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            # Wait until it is at work, then a random part of a few registrations more.
            assert process.stdout.read(1)
            try:
                process.wait(moments.uniform(0.0, 0.03))
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
            said = 1 + len(process.stdout.read())
        numbers = assert_sound(root) if kills < 50 else [version.number for version in Registry(root).versions()]
        assert registered + said <= len(numbers) <= registered + said + 1
        registered = len(numbers)
    assert_recovers(root, expected=range(registered, registered + 1))


def test_killed_at_random_moments(tmp_path: Path) -> None:
    kill_at_random_moments(tmp_path, 12)


@pytest.mark.slow
def test_killed_very_often(tmp_path: Path, deep: bool) -> None:
    kill_at_random_moments(tmp_path, 200 if deep else 100)
