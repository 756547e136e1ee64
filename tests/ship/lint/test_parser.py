"""What a Dockerfile is made of, and where."""

import pytest

from surtitle.ship.lint.instructions import Instruction, Parsed
from surtitle.ship.lint.parser import MAX_INSTRUCTION, MAX_INSTRUCTIONS, MAX_PROBLEMS, parse
from surtitle.ship.lint.source import MAX_BYTES, MAX_LINES, Source


def read(text: str | bytes) -> Parsed:
    return parse(Source(text.encode() if isinstance(text, str) else text))


def only(text: str) -> Instruction:
    (_, instruction) = read(f"FROM a\n{text}").instructions
    return instruction


def problems(text: str | bytes) -> list[tuple[str, int]]:
    parsed = read(text)
    return [(problem.rule, parsed.source.position(problem.span.start)[0]) for problem in parsed.problems]


def test_lines_are_joined_without_comments_and_empty_lines() -> None:
    assert only("RUN a \\\n# why\n  b \\\n\n  c\n").args.text == "a   b   c"


def test_an_escaped_backslash_does_not_continue() -> None:
    parsed = read("FROM a\nRUN b \\\\\nRUN c\n")
    assert [one.args.text for one in parsed.instructions] == ["a", "b \\\\", "c"]


def test_the_escape_directive_changes_what_continues() -> None:
    parsed = read("# escape=`\nFROM a\nCOPY b `\n  C:\\\nRUN d\n")
    assert [one.args.text for one in parsed.instructions] == ["a", "b   C:\\", "d"]


@pytest.mark.parametrize("top", ["# c\n", "\n", "FROM b\n"])
def test_a_directive_below_anything_else_is_a_comment(top: str) -> None:
    assert read(f"{top}# escape=`\nFROM a\n").escape == "\\"


def test_a_byte_order_mark_and_carriage_returns_are_no_part_of_it() -> None:
    parsed = read(b"\xef\xbb\xbf# escape=`\r\nFROM a\r\nRUN b `\r\n  c\r\n")
    assert [one.args.text for one in parsed.instructions] == ["a", "b   c"]
    assert parsed.escape == "`"


def test_every_character_knows_its_place() -> None:
    parsed = read("FROM a\nRUN b \\\n    cd\n")
    word = parsed.instructions[1].words[1]
    assert word.value == "cd"
    assert parsed.source.position(word.span.start) == (3, 5)
    assert parsed.source.text[word.span.start : word.span.end] == "cd"


def test_flags_are_set_apart() -> None:
    copy = only("COPY --from=build --link --chown=1:2 a b\n")
    assert [(flag.name, flag.value) for flag in copy.flags] == [("from", "build"), ("link", None), ("chown", "1:2")]
    assert [word.value for word in copy.words] == ["a", "b"]


def test_the_shell_form_keeps_what_looks_like_a_flag() -> None:
    assert only("CMD --port 1\n").args.text == "--port 1"


@pytest.mark.parametrize(
    ("text", "expected"),
    [('["a", "b c"]', ("a", "b c")), ("[]", ()), ("['a']", None), ("a", None), ('["a", 1]', None), ('["a"] b', None)],
)
def test_the_json_form_is_json_or_nothing(text: str, expected: tuple[str, ...] | None) -> None:
    assert only(f"CMD {text}\n").exec_form == expected


@pytest.mark.parametrize("quote", ["", '"', "'"])
def test_here_documents_belong_to_their_instruction(quote: str) -> None:
    parsed = read(f"FROM a\nCOPY <<{quote}ONE{quote} <<-TWO /etc/\nx\nONE\n\ty\n\tTWO\nRUN z\n")
    copy, run = parsed.instructions[1:]
    assert [(one.name, one.body.text, one.quoted) for one in copy.heredocs] == [
        ("ONE", "x\n", bool(quote)),
        ("TWO", "\ty\n", False),
    ]
    assert run.args.text == "z"


@pytest.mark.parametrize(
    "text", ["RUN echo '<<EOF'\n", "RUN cat <<<EOF\n", "RUN echo $((1 <<EOF))\n", 'RUN ["a", "<<EOF"]\n']
)
def test_what_only_looks_like_a_here_document_is_none(text: str) -> None:
    assert only(text).heredocs == ()


def test_onbuild_holds_an_instruction() -> None:
    trigger = only("ONBUILD COPY --chown=1 a b\n").trigger
    assert trigger is not None
    assert (trigger.name, trigger.flags[0].value) == ("COPY", "1")


def test_keys_and_values_in_every_form() -> None:
    pairs = only("ENV A=1 B=\"x y\" C='z' D=e\\ f\n").pairs
    assert [(pair.key, pair.value) for pair in pairs] == [("A", "1"), ("B", "x y"), ("C", "z"), ("D", "e f")]
    assert [(pair.key, pair.value, pair.legacy) for pair in only("ENV A b c\n").pairs] == [("A", "b c", True)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FROM a\nFORM b\nCOYP c d\n", [("unknown-instruction", 2), ("unknown-instruction", 3)]),
        ("FROM a\nCOPY b\nUSER\nADD\n", [("missing-argument", 2), ("missing-argument", 3), ("missing-argument", 4)]),
        ("FROM a b\nFROM a AS\n", [("bad-argument", 1), ("bad-argument", 2)]),
        ("FROM a\nRUN --mout=type=bind b\n", [("bad-argument", 2)]),
        (
            "FROM a\nONBUILD\nONBUILD FROM b\nONBUILD ONBUILD RUN c\n",
            [("missing-argument", 2), ("bad-argument", 3), ("bad-argument", 4)],
        ),
        ("FROM a\nSHELL bash\n", [("bad-argument", 2)]),
        ('FROM a\nLABEL b="c\n', [("bad-argument", 2)]),
        ("# escape=x\nFROM a\n", [("bad-argument", 1)]),
        ("FROM a\nRUN <<EOF\nb\n", [("unclosed-heredoc", 2)]),
        ("ENV a=b\nFROM c\n", [("no-from", 1)]),
        ("", [("no-from", 1)]),
        ("# nothing\n", [("no-from", 1)]),
        ("FROM a\nRUN b \\\n\n  c\n", [("empty-continuation", 3)]),
        (b"FROM a\nRUN \xff\n", [("unreadable", 2)]),
        ("FROM a\nRUN \0\n", [("unreadable", 2)]),
    ],
)
def test_what_is_broken_is_told_with_its_line(text: str | bytes, expected: list[tuple[str, int]]) -> None:
    assert problems(text) == expected


@pytest.mark.parametrize(
    "data",
    [
        b"FROM a\n" + b"#" * MAX_BYTES,
        b"FROM a\n" * (MAX_LINES + 1),
        b"FROM a\nRUN " + b"b" * (MAX_INSTRUCTION + 1),
        b"FROM a\nRUN b \\\n" + b"  b \\\n" * 19_000 + b"  c\n",
        b"FROM a\nRUN <<EOF\n" + b"b" * (MAX_INSTRUCTION + 1) + b"\nEOF\n",
        b"FROM a\n" * (MAX_INSTRUCTIONS + 1),
        b"WHAT\n" * (MAX_PROBLEMS + 1),
    ],
    ids=["bytes", "lines", "characters", "continued", "heredoc", "instructions", "faults"],
)
def test_a_limit_is_told_of(data: bytes) -> None:
    assert any(rule == "unreadable" for rule, _ in problems(data))
