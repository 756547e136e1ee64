"""Mending: only what is broken changes, once is enough, and the rest reads as before."""

from pathlib import Path

import pytest

from surtitle.ship.lint import RULES, fix, lint
from surtitle.ship.lint.folders import beside
from surtitle.ship.lint.instructions import Instruction
from surtitle.ship.lint.parser import parse
from surtitle.ship.lint.source import Source
from tests.ship.lint.frames import framed

FLAWS = sorted((Path(__file__).parent / "flaws").glob("*.Dockerfile"))
CLEAN = sorted((Path(__file__).parent / "clean").glob("*.Dockerfile"))
MESSY = b"""from python:3.12
MAINTAINER Me <me@example.org>
ENV MODE fast lane
RUN sudo apt-get update && apt install zlib1g curl gcc
WORKDIR /a
WORKDIR b
ADD x y ./z
RUN pip install flask

CMD python -m app
"""


def instructions(data: bytes) -> list[Instruction]:
    return list(parse(Source(data)).instructions)


def shown(instruction: Instruction) -> tuple[object, ...]:
    """Return what an instruction says, wherever it stands."""
    flags = [(flag.name, flag.value) for flag in instruction.flags]
    return instruction.name, instruction.args.text, flags, [heredoc.body.text for heredoc in instruction.heredocs]


@pytest.mark.parametrize("path", FLAWS, ids=lambda path: path.stem)
def test_mending_a_flaw_changes_one_instruction_at_most_and_twice_is_once(path: Path) -> None:
    data, around = path.read_bytes(), beside(path)
    fixed = fix(data, beside=around)
    before, after = [list(map(shown, instructions(one))) for one in (data, fixed.data)]
    mendable = any(finding.mended for finding in lint(data, beside=around))
    assert (fixed.data != data) == mendable
    if len(before) == len(after):
        assert sum(one != other for one, other in zip(before, after, strict=True)) <= 1
    else:  # the overruled CMD, or two WORKDIRs
        assert [one for one in before if one in after] == after
    assert fix(fixed.data, beside=around) == (fixed.data, 0)
    assert not mendable or lint(fixed.data, beside=around) == []


@pytest.mark.parametrize("path", CLEAN, ids=lambda path: path.stem)
def test_a_clean_file_stays_byte_for_byte(path: Path) -> None:
    assert fix(path.read_bytes(), beside=beside(path)) == (path.read_bytes(), 0)


def test_many_flaws_are_mended_together() -> None:
    fixed = fix(MESSY)
    left = {finding.rule for finding in lint(fixed.data)}
    assert left.isdisjoint(name for name, rule in RULES.items() if rule.fixable)
    assert b'CMD ["python", "-m", "app"]' in fixed.data
    assert b'ENV MODE="fast lane"' in fixed.data
    assert b"WORKDIR /a/b" in fixed.data
    assert b"FROM python:3.12" in fixed.data
    assert fix(fixed.data).n_mended == 0


def test_line_ends_and_the_byte_order_mark_are_kept() -> None:
    fixed = fix(b"\xef\xbb\xbfFROM a\r\nRUN apt-get update && apt-get install -y c b a\r\nCMD x\r\n").data
    assert fixed.startswith(b"\xef\xbb\xbfFROM a\r\n")
    assert fixed.count(b"\n") == fixed.count(b"\r\n")


def test_what_is_ignored_is_not_mended() -> None:
    data = b"FROM a\n# surtitle: ignore=exec-form because the shell fills in the port\nCMD app\n"
    assert fix(data) == (data, 0)


def test_a_file_that_is_no_text_is_left_alone() -> None:
    data = b"FROM a\nADD b /c\nRUN \xff\n"
    assert fix(data) == (data, 0)


def test_a_finding_shows_what_mending_writes() -> None:
    data = framed(RULES["apt-lists"].bad).encode()
    (finding,) = lint(data)
    assert finding.mended in fix(data).data.decode()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("RUN sh -c 'apt-get install x'", "RUN sh -c 'apt-get install x'"),  # inside quotes nothing is edited
        ('CMD echo "$HOME"', 'CMD echo "$HOME"'),
        ("CMD A=1 app", "CMD A=1 app"),
        ("ENV A it's", "ENV A it's"),
        (
            "RUN apt-get install -y --no-install-recommends b $EXTRA a",
            "RUN apt-get install -y --no-install-recommends b $EXTRA a",
        ),
    ],
)
def test_what_is_not_plain_is_left_to_a_person(line: str, expected: str) -> None:
    assert fix(f"FROM a\n{line}\n".encode()).data.decode() == f"FROM a\n{expected}\n"
