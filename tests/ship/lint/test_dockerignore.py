"""What patterns keep out."""

import time

import pytest

from surtitle.ship.lint import Dockerignore


@pytest.mark.parametrize(
    ("text", "path", "out"),
    [
        ("data", "data/deep/a.csv", True),
        ("data", "src/data/a.csv", False),
        ("/data/", "data/a.csv", True),
        ("./data", "data", True),
        ("**/data", "src/data/a.csv", True),
        ("**/*.key", "a.key", True),
        ("*.key", "a/b.key", False),
        ("*.k?y", "a.key", True),
        ("[a-c].txt", "b.txt", True),
        ("[z-a].txt", "b.txt", False),
        ("[", "[", True),
        ("a\\*b", "a*b", True),
        ("# data", "data", False),
        ("*\n!src", "src/a.py", False),
        ("*\n!src\nsrc/*.key", "src/a.key", True),
        ("a/**/b", "a/x/y/b", True),
        ("a/**/b", "a/b", True),
        ("", "a", False),
    ],
)
def test_patterns_are_read_as_the_builder_reads_them(text: str, path: str, out: bool) -> None:
    assert Dockerignore(text).keeps_out(path) is out


def test_the_gaps_are_named() -> None:
    assert Dockerignore("").gaps() == [".git", ".env", "keys", "data", "notebooks", "caches"]
    assert Dockerignore(".git\n.env\ndata\n**/__pycache__\n.venv\n*.key\n*.pem\nid_*\n").gaps() == ["notebooks"]


def test_a_pattern_of_many_stars_takes_bounded_time() -> None:
    start = time.process_time()
    Dockerignore("*a" * 140 + "b").keeps_out("a" * 60)
    Dockerignore("**/a" * 70).keeps_out("a/" * 60)
    assert time.process_time() - start < 5
