"""Whatever the bytes: findings with places, never an exception, and in a time that the size bounds."""

import random
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from surtitle.ship.lint import Beside, Dockerignore, fix, lint
from surtitle.ship.lint.source import MAX_BYTES

HERE = Path(__file__).parent
FILES = [path.read_bytes() for path in sorted(HERE.glob("*/*.Dockerfile"))]
TOKENS = [
    *(b"FROM", b"RUN", b"COPY", b"ADD", b"ENV", b"ARG", b"CMD", b"ENTRYPOINT", b"HEALTHCHECK", b"ONBUILD", b"SHELL"),
    *(
        b"USER",
        b"WORKDIR",
        b"LABEL",
        b"EXPOSE",
        b"VOLUME",
        b"STOPSIGNAL",
        b"MAINTAINER",
        b" AS ",
        b"--from=",
        b"--mount=",
    ),
    *(
        b" ",
        b"\n",
        b"\r\n",
        b"\t",
        b"\\",
        b"\\\n",
        b"`",
        b"'",
        b'"',
        b"$",
        b"${",
        b"}",
        b"$(",
        b"(",
        b")",
        b"[",
        b"]",
        b",",
    ),
    *(b"<<EOF\n", b"\nEOF\n", b"<", b">", b"|", b"&&", b";", b"#", b"=", b":", b"@", b"/", b".", b"*", b"!", b"-"),
    *(b"apt-get install ", b"pip install ", b"curl ", b"sh -c ", b"a", b"0", b"99999", b"\0", b"\xff", "é".encode()),
    *(
        b"# escape=`\n",
        b"# surtitle: ignore=cd because x\n",
        b"CMD [",
        b"sudo ",
        b"https://a:b@c",
        b"777",
        b"chown -R ",
    ),
]
EMPTY = Beside(True, Dockerignore(""))


def look(data: bytes) -> None:
    """Lint and mend; hold what comes of it to what is always true."""
    lines = data.decode("utf-8", "replace").split("\n")
    for finding in lint(data, beside=EMPTY):
        assert 1 <= finding.line <= len(lines)
        assert finding.column >= 1
        assert (finding.end_line, finding.end_column) >= (finding.line, finding.column)
        assert finding.message
    once = fix(data, beside=EMPTY)
    assert fix(once.data, beside=EMPTY).data == once.data


@given(st.binary(max_size=400))
def test_any_bytes(data: bytes) -> None:
    look(data)


@given(st.lists(st.sampled_from(TOKENS), max_size=60).map(b"".join))
@example(b"FROM a\nRUN <<EOF\n\nEOF\n")
@example(b"FROM a\nONBUILD RUN <<EOF\nb\nEOF\n")
@example(b"FROM a\nHEALTHCHECK CMD [\nCMD [[[\n")
@settings(max_examples=150)
def test_any_pieces_of_dockerfiles(data: bytes) -> None:
    look(data)


@given(st.sampled_from(FILES), st.randoms(use_true_random=False), st.integers(1, 6))
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_real_files_with_pieces_changed(data: bytes, rng: random.Random, n: int) -> None:
    look(mutated(data, rng, n))


@pytest.mark.slow
def test_very_many_real_files_with_pieces_changed(deep: bool) -> None:
    @given(st.sampled_from(FILES), st.randoms(use_true_random=False), st.integers(1, 30))
    @settings(max_examples=5000 if deep else 1500, suppress_health_check=[HealthCheck.too_slow])
    def change(data: bytes, rng: random.Random, n: int) -> None:
        look(mutated(data, rng, n))

    change()


def mutated(data: bytes, rng: random.Random, n: int) -> bytes:
    """Return the bytes with pieces taken out, put in, doubled or swapped."""
    for _ in range(n):
        start = rng.randrange(len(data) + 1)
        end = min(len(data), start + rng.randrange(40))
        piece = data[start:end]
        new = rng.choice(
            [b"", rng.choice(TOKENS), piece + piece, piece[::-1], bytes([rng.randrange(256)]), rng.choice(FILES)[:200]]
        )
        data = data[:start] + new + data[end:]
    return data


HUGE = {
    "quotes": b"'\"" * 120_000,
    "opened": b"$(" * 120_000,
    "quoted and opened": b'"$(' * 80_000,
    "backslashes": b"\\" * 200_000,
    "brackets": b"(" * 200_000,
    "lists": b"[" * 200_000,
    "commands": b"a;" * 120_000,
    "pipes": b"a|" * 120_000,
    "words": b"a=b " * 60_000,
    "variables": b"$a${b:-c}" * 25_000,
    "here-documents": b"<<a " * 60_000,
    "NUL": b"\0" * 200_000,
    "one word": b"a" * 250_000,
    "addresses": b"http://a:" * 25_000,
    "spaces": b" " * 250_000,
    "braces": b"{a," * 80_000,
    "options": b"--a=b " * 40_000,
}


@pytest.mark.parametrize("what", HUGE)
@pytest.mark.parametrize("instruction", ["RUN", "ENV", "COPY"])
@pytest.mark.slow
def test_hostile_pieces_take_bounded_time(what: str, instruction: str) -> None:
    # In pieces that are just short enough to be looked into, as many as the file may hold.
    piece = HUGE[what][:60_000]
    data = b"FROM python:3\n" + b"".join(instruction.encode() + b" " + piece + b"\n" for _ in range(4))
    assert len(data) <= MAX_BYTES
    start = time.process_time()
    lint(data, beside=EMPTY)
    assert time.process_time() - start < 20


@pytest.mark.parametrize(
    "data",
    [
        b"FROM a\n" + b"RUN b \\\n" * 100_000,
        b"x" * 1_000_000,
        b"FROM a\n" * 150_000,
        b"FROM a AS b\n" + b"FROM b AS b\n" * 1_900,
        b"FROM a\n" + b"RUN c && d | e\n" * 1_900,
        b"FROM a\nRUN " + b"apt-get install b;" * 3_000,
        b"FROM a\nRUN apt-get update && apt-get install " + b"b " * 20_000,
        b"FROM a\n" + b"# surtitle: ignore=cd because x\n" * 5_000,
    ],
    ids=["continued", "one line", "stages", "chain", "runs", "commands", "packages", "ignores"],
)
def test_large_files_take_bounded_time(data: bytes) -> None:
    start = time.process_time()
    lint(data, beside=EMPTY)
    assert time.process_time() - start < 20
