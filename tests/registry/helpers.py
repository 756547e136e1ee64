"""What the registry's tests share: facts, builds, and programs that other processes run."""

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

from surtitle.errors import RegistryError
from surtitle.records import Interval
from surtitle.registry import Registry, Verdict, Version, VersionFacts

NOW = datetime(2026, 3, 1, 12, 30, 15, 250, tzinfo=UTC)
SPAWN = multiprocessing.get_context("spawn")
FACTS = VersionFacts(
    task="classification",
    model="moderation",
    training_key="key",
    data_hash="data",
    data_from=datetime(2025, 1, 1, tzinfo=UTC),
    data_to=datetime(2025, 6, 1, tzinfo=UTC),
    examples={"train": 80, "validation": 10, "test": 10},
    metrics={"auc": Interval(0.791, 0.765, 0.814)},
    settings_toml="[data]\nsource = 'é.csv'\n",
    surtitle_version="0.1.0",
)
FILES = {"manifest.json": b"{}", "weights.safetensors": bytes(70_000), "report/index.html": b"<p>"}


def build(folder: Path) -> None:
    for name, content in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)


def add(registry: Registry, count: int = 1) -> Version:
    return [registry.register(build, FACTS, now=NOW) for _ in range(count)][-1]


def verdict_about(challenger: int, *, champion: int | None = None, passed: bool = True) -> Verdict:
    return Verdict(
        passed=passed,
        challenger=challenger,
        champion=champion,
        n_examples=100,
        overall=Interval(0.01, -0.005, 0.02),
        slices={"client=chess": Interval(0.0, -0.1, 0.1)},
        unjudged=("client=go",),
        epsilon=0.01,
        delta=0.02,
        reasons=("It is not worse.",),
    )


def assert_sound(root: Path) -> list[int]:
    """Check that nothing half done can be seen, and return the numbers."""
    registry = Registry(root)
    versions = registry.versions()
    numbers = [version.number for version in versions]
    assert numbers == sorted(set(numbers))
    for version in versions:
        assert registry.verify(version.number) == version
        assert {name: (version.folder / name).read_bytes() for name in FILES} == FILES
    return numbers


def assert_tidy(root: Path) -> None:
    """Check that no orphan is left."""
    assert list((root / "incoming").iterdir()) == []
    assert sorted(int(path.name) for path in (root / "versions").iterdir()) == assert_sound(root)


def register_many(root: Path, count: int, start: Any, results: Any) -> None:
    start.wait()
    try:
        results.put([Registry(root).register(build, FACTS, now=NOW).number for _ in range(count)])
    except BaseException as error:
        results.put(repr(error))
        raise


def set_alias_once(root: Path, version: int, start: Any, results: Any) -> None:
    start.wait()
    try:
        Registry(root).set_alias("champion", version, now=NOW, why="", expect=1)
    except RegistryError as error:
        results.put(str(error))
    else:
        results.put(version)


def move_to_and_fro(root: Path, moves: int) -> None:
    registry = Registry(root)
    for number in range(moves):
        registry.set_alias("champion", 1 + number % 2, now=NOW, why="x" * 2000)


def register_for_ever(root: Path) -> None:
    while True:
        add(Registry(root))
        sys.stdout.write(".")
        sys.stdout.flush()


def die_at_line(number: int, work: Callable[[], object]) -> bool:
    """Do `work` in a forked child that kills itself before the given line of the registry; say whether it did."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            left = number

            def count(frame: FrameType, event: str, argument: object) -> Any:
                nonlocal left
                if "surtitle/registry/" not in frame.f_code.co_filename:
                    return None
                left -= event == "line"
                if left < 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                return count

            sys.settrace(count)
            work()
            status = 0
        finally:
            os._exit(status)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


def die_at_lines(prepare: Callable[[int], Path], work: Callable[[Path], object], *, step: int) -> list[Path]:
    """Kill one child at every `step`-th line that `work` passes through, each on a root of its own; return the roots.

    The last child lives to the end.
    """
    roots: list[Path] = []
    while True:
        roots.append(prepare(len(roots)))
        root = roots[-1]
        if not die_at_line((len(roots) - 1) * step, lambda: work(root)):  # noqa: B023 (called at once)
            return roots


if __name__ == "__main__":
    register_for_ever(Path(sys.argv[1]))
