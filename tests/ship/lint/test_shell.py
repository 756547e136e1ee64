"""Which commands a script runs."""

import pytest

from surtitle.ship.lint.commands import Command
from surtitle.ship.lint.shell import read_script
from surtitle.ship.lint.source import Stretch


def read(script: str) -> tuple[Command, ...]:
    return read_script(Stretch([(0, script)]))


@pytest.mark.parametrize(
    ("script", "names"),
    [
        ("a && b || c; d & e", ["a", "b", "c", "d", "e"]),
        ("if a; then b; else c; fi", ["a", "b", "c", ""]),
        ("for x in 1 2; do a $x; done", ["for", "a", ""]),
        ("( a; b ) > c", ["a", "b", ""]),
        ("{ a; b; }", ["a", "b", ""]),
        ("a | b |& c", ["a", "b", "c"]),
        ("a # b; c\nd", ["a", "d"]),
        ("a \\\n  b", ["a"]),
        ("X=1 Y=2 a", ["a"]),
        ("! a", ["a"]),
        ("/usr/bin/sudo -E -u app env A=1 pip3.12 install b", ["pip"]),
        ("python3 -u -m pip install a", ["pip"]),
        ("a $(b `c`)", ["a", "b", "c"]),
        ('a "$(b "$(c)")"', ["a", "b", "c"]),
        ("a <(b)", ["a", "b"]),
        ("bash -euo pipefail -c 'a | b'", ["bash", "a", "b"]),
        ("bash -ec 'a | b'", ["bash", "a", "b"]),
        ("cat <<EOF\na; b\nEOF\nc", ["cat", "c"]),
        ("cat <<-'EOF' | a\n\tx\n\tEOF\nb", ["cat", "a", "b"]),
        ("echo $((1 + (2)))", ["echo"]),
        ("case $a in b) c ;; esac", ["case", "c", ""]),
        ("case $a in b|c) d ;; \\\n *) e | f ;; esac | g", ["case", "d", "e", "f", "", "g"]),
    ],
)
def test_commands_are_found_in_order(script: str, names: list[str]) -> None:
    assert [command.name for command in read(script)] == names


def test_quotes_are_removed_and_places_kept() -> None:
    (command,) = read("a 'b c'  \"d\"e\\ f")
    assert command.values == ("b c", "de f")
    assert command.span_of(command.args[0]) == (2, 7)


def test_a_pipe_says_whose_output_is_read() -> None:
    commands = read("a | b | c; d")
    assert [one.name for one in commands[2].piped()] == ["b", "a"]
    assert list(commands[3].piped()) == []


def test_redirections_are_no_arguments() -> None:
    (command,) = read("a b > c 2>&1 < d")
    assert command.values == ("b",)
    assert [(one.operator, one.target.value) for one in command.redirects] == [(">", "c"), (">&", "1"), ("<", "d")]


def test_only_the_script_itself_may_be_edited() -> None:
    assert [one.exact for one in read("a $(b); sh -c 'c'")] == [True, True, False, False]


@pytest.mark.parametrize(
    "script", ["'", '"', "$(", "`", "${", "<<", "a <<", "|", "((", ")", "a $((", "\\", "&>", "2>", "!"]
)
def test_what_is_unfinished_is_passed_over(script: str) -> None:
    read(script)
    read(f"a {script} b\nc")
