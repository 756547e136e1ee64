import re
import sys
from collections.abc import Iterable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surtitle.text.programs import DEEPEST, PatternText, UnsupportedPatternError, compile_program

LAST = 0x10FFFF
CATEGORIES = (r"\w", r"\W", r"\d", r"\D", r"\s", r"\S", r"[^\W\d_]", r"[\s\d]", ".")
CASED_CLASSES = ("k", "[k-s]", "[^k]", "ß", "[à-þ]", "[ſŋ]", r"[\W\u0345]", r"[^\wµ]", "[\U00010400-\U00010410a]", "İ")
# Where Unicode's cases are strange: dotted and dotless i, sharp and long s, Kelvin, micro, digraphs, Deseret, Cherokee.
ODD = "iIİıſsSßẞkKKµμΜǅǆǄθϑϴȺⱥᏸᏰꭰⅧⅷⒶⓐ\U00010400\U00010428\u0345ιͅι\u1fbe\ufb05\ufb06\n\ud800"


def program(pattern: str, flags: int = 0) -> dict[str, Any]:
    return compile_program(PatternText(pattern, flags))


def members(pattern: str, flags: int) -> list[tuple[int, int]]:
    """Return the only set of `pattern`, which is one class."""
    compiled = program(pattern, flags)
    assert compiled["root"] == {"set": 0}
    flat = compiled["sets"][0]
    return list(zip(flat[::2], flat[1::2], strict=True))


def has(ranges: Iterable[tuple[int, int]], character: str) -> bool:
    return any(first <= ord(character) <= last for first, last in ranges)


@pytest.mark.parametrize(
    ("pattern", "root"),
    [
        ("", {"seq": []}),
        ("a", {"set": 0}),
        ("ab|cd", {"alt": [{"seq": [{"set": 0}, {"set": 1}]}, {"seq": [{"set": 2}, {"set": 3}]}]}),
        ("a*?", {"repeat": {"min": 0, "max": None, "greedy": False, "body": {"set": 0}}}),
        ("(?:a){2,3}", {"repeat": {"min": 2, "max": 3, "greedy": True, "body": {"set": 0}}}),
        ("(?<!ab)", {"look": {"negate": True, "back": 2, "body": {"seq": [{"set": 0}, {"set": 1}]}}}),
        ("(?=a)", {"look": {"negate": False, "back": 0, "body": {"set": 0}}}),
        (r"^\A$\Z", {"seq": [{"at": "start"}, {"at": "start"}, {"at": "end"}, {"at": "text_end"}]}),
        ("(?m:^$)^", {"seq": [{"seq": [{"at": "line_start"}, {"at": "line_end"}]}, {"at": "start"}]}),
        (r"\b", {"boundary": {"word": 0, "negate": False, "on_empty": re.search(r"\b", "") is not None}}),
        (r"\B", {"boundary": {"word": 0, "negate": True, "on_empty": re.search(r"\B", "") is not None}}),
    ],
)
def test_a_pattern_becomes_a_tree(pattern: str, root: dict[str, Any]) -> None:
    assert program(pattern)["root"] == root


def test_a_set_that_occurs_often_is_written_once() -> None:
    compiled = program("[ab]x[ba]|x{3}[a-b]")
    assert compiled["sets"] == [[97, 98], [120, 120]]


def test_flags_of_a_group_hold_in_it_alone() -> None:
    assert program("(?i:a)a")["sets"] == [[65, 65, 97, 97], [97, 97]]
    assert program("(?s:.).")["sets"] == [[0, LAST], [0, 9, 11, LAST]]
    assert program(r"(?a:\d)")["sets"] == [[48, 57]]


def test_a_program_is_plain_json() -> None:
    compiled = program(r"(?i)^(?:\w+|é(?!x))*\b$")
    assert msgspec.json.decode(msgspec.json.encode(compiled)) == compiled


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        (r"(a)\1", "a back-reference"),
        ("(a)?(?(1)b|c)", "a conditional group"),
        ("(?>a+)", "an atomic group"),
        ("a++", "a possessive repeat"),
        ("(", "no regular expression"),
        ("(?<=a+)", "a look-behind of no fixed width"),
        ("(" * (DEEPEST + 5) + "|a" + "|a)" * (DEEPEST + 5), "nested"),
        ("(?:" * 100_000, "no regular expression"),
    ],
)
def test_what_cannot_be_said_exactly_is_refused(pattern: str, reason: str) -> None:
    with pytest.raises(UnsupportedPatternError, match=reason):
        program(pattern)


@pytest.mark.parametrize("flags", [0, re.IGNORECASE, re.ASCII, re.IGNORECASE | re.ASCII])
@pytest.mark.parametrize("pattern", [*CATEGORIES, *CASED_CLASSES])
def test_sets_are_those_of_re(pattern: str, flags: int) -> None:
    ranges = members(pattern, flags)
    compiled = re.compile(pattern, flags)
    for character in [*ODD, *map(chr, range(0x250)), *map(chr, range(0x250, LAST, 997))]:
        assert has(ranges, character) == bool(compiled.fullmatch(character)), (character, ascii(character))


@pytest.mark.slow
@pytest.mark.parametrize("flags", [0, re.IGNORECASE, re.ASCII, re.IGNORECASE | re.ASCII])
@pytest.mark.parametrize("pattern", [*CATEGORIES, *CASED_CLASSES])
def test_sets_are_those_of_re_on_every_code_point(pattern: str, flags: int) -> None:
    everything = "".join(map(chr, range(sys.maxunicode + 1)))
    spans = [(match.start(), match.end() - 1) for match in re.finditer(f"(?:{pattern})+", everything, flags)]
    assert members(pattern, flags) == spans


@given(
    st.lists(
        st.one_of(
            st.sampled_from([*CATEGORIES[:6], "a-z", "À-ɏ", "Ͱ-Ͽ", "\U00010000-\U0010ffff"]),
            st.sampled_from(ODD).map(re.escape),
            st.characters().map(re.escape),
        ),
        min_size=1,
        max_size=6,
    ),
    st.booleans(),
    st.sampled_from([0, re.IGNORECASE, re.ASCII, re.IGNORECASE | re.ASCII]),
    st.text(st.one_of(st.characters(), st.sampled_from(ODD)), max_size=30),
)
def test_any_class_is_that_of_re(items: list[str], negated: bool, flags: int, sample: str) -> None:
    pattern = f"[{'^' * negated}{''.join(items)}]"
    ranges = members(pattern, flags)
    compiled = re.compile(pattern, flags)
    for character in sample + ODD:
        assert has(ranges, character) == bool(compiled.fullmatch(character)), ascii(character)
