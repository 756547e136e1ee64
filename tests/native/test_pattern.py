"""The native engine gives Python's answers: on spaCy's patterns, on the project's own, and on any small one."""

import contextlib
import functools
import re
from typing import Any

import msgspec
import pytest
import spacy
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from surtitle.text import cleaning
from surtitle.text.programs import DEEPEST, PatternText, compile_program

surtitle_native: Any = pytest.importorskip("surtitle_native", reason="the native module is not built")

LANGUAGES = ("de", "fr", "es", "it", "nl", "pt", "sv", "ru", "pl", "xx")
HAND_MADE = (
    ("", 0),
    ("a|ab|abc", 0),
    ("(?:a|ab)(?:c|bcd)$", 0),
    ("(a?)*?b", 0),
    ("(?:a*)*b", 0),
    ("(?:a|b?)+", 0),
    ("(?:a?){2,}", 0),
    ("(?:a?){2,3}?c", 0),
    ("(?:(?:ab)*c?)*", 0),
    ("(?:a*?b){1,3}?", 0),
    ("a*?$", 0),
    ("a{2,3}?b", 0),
    (r"\b\w+\b|\B", 0),
    ("^a|b$", re.MULTILINE),
    ("a$|\\Z", 0),
    ("$\n|\n", 0),
    (".+", re.DOTALL),
    ("(?<=ab)c|(?<!a)b", 0),
    ("(?<=(?:ab|bc))c?", 0),
    ("(?<!(?:ab|bc))c", 0),
    ("(?<=^a)b", 0),
    ("(?=(?:ab)+c)a", 0),
    ("(?!(?:a|b)+c).", 0),
    ("(?:(?=a)|b)*c", 0),
    ("(?!)|a", 0),
    ("[k-s]+ß", re.IGNORECASE),
    ("(?i:straße)|(?a:\\w+)", 0),
    ("(?:a{0}|b)+", 0),
)
WORDS = (
    "dummy",
    "can't",
    "(hello)!!!",
    "u.s.a.",
    "3km",
    "well-known",
    "http://a.b/c",
    "aujourd'hui",
    "prud'homme",
    "anti-é",
    "après-midi",
    "10€",
    "C++",
    ":-(",
    "...",
    "--",
    "d'une",
    "l'homme",
    "5pm",
    "a@b.com",
    "192.168.0.1:80",
    "ftp://x.y:9/z?q=1",
    "@NBA2K",
    "/u/abc",
    "u/x-y",
    "www.x.de.",
    "мир-дом",
    "9.5",
    "a/b",
    "x=y",
)

hostile = st.text(
    st.sampled_from("aäzZéßkKSſıİµ .,-–'’()[]!?:/@0123456789m€$%\n_~#*+“”»…жЖ本٣\u200d\u0301😀"), max_size=14
)
pieces = st.one_of(st.sampled_from(WORDS), st.sampled_from(WORDS).map(str.upper), hostile, st.text(max_size=6))
texts = st.lists(pieces, max_size=3).map("".join).filter(lambda text: not re.search("[\ud800-\udfff]", text))


def native(pattern: "re.Pattern[str]") -> Any:
    compiled = compile_program(PatternText(pattern.pattern, pattern.flags))
    return surtitle_native.Pattern(msgspec.json.encode(compiled))


def assert_same(pattern: "re.Pattern[str]", engine: Any, text: str) -> None:
    ours = engine.match_end(text)
    matched = pattern.match(text)
    assert ours == (matched and matched.end())
    for pos in range(min(len(text), 3) + 2):
        ours = engine.search(text, pos)
        found = pattern.search(text, pos)
        assert ours == (found and found.span())
    ours = engine.find_all(text)
    assert ours == [match.span() for match in pattern.finditer(text)]


@functools.cache
def engines(language: str) -> list[tuple["re.Pattern[str]", Any]]:
    """Return spaCy's patterns of a language, or the project's own for "cleaning", each with its engine."""
    if language == "cleaning":
        patterns = [cleaning._URL, cleaning._USER]
    else:
        tokenizer: Any = spacy.blank(language).tokenizer
        names = ("prefix_search", "suffix_search", "infix_finditer", "url_match", "token_match")
        methods = [getattr(tokenizer, name) for name in names]
        patterns = [method.__self__ for method in methods if method is not None]
    return [(pattern, native(pattern)) for pattern in patterns]


def assert_same_for(language: str, text: str) -> None:
    for pattern, engine in engines(language):
        assert_same(pattern, engine, text)


@pytest.mark.parametrize("language", ["en", "cleaning"])
@settings(max_examples=400)
@given(text=texts)
def test_patterns_answer_as_re(language: str, text: str) -> None:
    assert_same_for(language, text)


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "cleaning", *LANGUAGES])
def test_patterns_of_every_language_answer_as_re(language: str, deep: bool) -> None:
    @settings(max_examples=10_000 if deep else 1500, suppress_health_check=list(HealthCheck))
    @given(text=texts)
    def look(text: str) -> None:
        assert_same_for(language, text)

    look()


@pytest.mark.parametrize(("source", "flags"), HAND_MADE)
@settings(max_examples=100)
@given(text=st.text(st.sampled_from("aabbcß kKſ1\n"), max_size=9))
@example(text="")
def test_hand_made_patterns_answer_as_re(source: str, flags: int, text: str) -> None:
    pattern = re.compile(source, flags)
    assert_same(pattern, native(pattern), text)


def grown(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    limits = st.sampled_from(["*", "+", "?", "{2}", "{1,2}", "{0,3}", "{2,}", "{0}"])
    groups = st.sampled_from(["(?:{})", "({})", "(?i:{})", "(?a:{})", "(?m:{})"])
    return st.one_of(
        st.lists(parts, max_size=4).map("".join),
        st.lists(parts, min_size=1, max_size=4).map(lambda branches: f"(?:{'|'.join(branches)})"),
        st.builds(
            lambda group, part, limit, lazy: group.replace("{}", part) + limit + "?" * lazy,
            groups,
            parts,
            limits,
            st.booleans(),
        ),
        st.builds(lambda look, part: f"({look}{part})", st.sampled_from(["?=", "?!"]), parts),
    )


one_character = st.sampled_from(
    [
        "a",
        "b",
        "c",
        "ß",
        "k",
        "S",
        ".",
        "[ab]",
        "[^a]",
        r"\w",
        r"\W",
        r"\d",
        r"\s",
        r"[^\W\d]",
        r"\n",
        "\u212a",
        "[a-cé]",
    ]
)
places = st.sampled_from(["^", "$", r"\A", r"\Z", r"\b", r"\B", "(?!)", "(?<=a)", "(?<!b)", "(?<=^a)", "(?<!ab|bc)"])
patterns = st.recursive(st.one_of(one_character, one_character, places), grown, max_leaves=12)
small_texts = st.lists(st.text(st.sampled_from("aaabbbccßkKSſs\u212a1_\nÉ-é "), max_size=9), min_size=5, max_size=5)
all_flags = st.sampled_from([0, re.IGNORECASE, re.MULTILINE, re.DOTALL, re.ASCII, re.IGNORECASE | re.ASCII])


def assert_any_pattern_answers_as_re(source: str, flags: int, texts: list[str]) -> None:
    pattern = re.compile(source, flags)
    engine = native(pattern)
    for text in texts:
        # The engine goes first: where it runs out of steps, which is rare, re might take hours.
        with contextlib.suppress(RuntimeError):
            assert_same(pattern, engine, text)


@settings(max_examples=1000)
@given(patterns, all_flags, small_texts)
def test_small_patterns_answer_as_re(source: str, flags: int, texts: list[str]) -> None:
    assert_any_pattern_answers_as_re(source, flags, texts)


@pytest.mark.slow
def test_many_small_patterns_answer_as_re(deep: bool) -> None:
    @settings(max_examples=50_000 if deep else 7500, suppress_health_check=list(HealthCheck))
    @given(patterns, all_flags, small_texts)
    def look(source: str, flags: int, texts: list[str]) -> None:
        assert_any_pattern_answers_as_re(source, flags, texts)

    look()


def test_the_deepest_program_is_read() -> None:
    depth = DEEPEST // 2 - 1
    pattern = re.compile("(?=" * depth + "a" + ")" * depth)
    assert_same(pattern, native(pattern), "a")


def test_what_takes_too_long_is_given_up() -> None:
    engine = native(re.compile("(?:a|aa)+[bc][bc]"))
    with pytest.raises(RuntimeError, match="too many steps"):
        engine.match_end("a" * 60 + "b")


@pytest.mark.parametrize(
    "program",
    [
        b"",
        b"[]",
        b'{"version":1,"sets":[],"root":{"set":0}}',
        b'{"version":2,"sets":[[97,97]],"root":{"set":0}}',
        b'{"version":1,"sets":[[98,97]],"root":{"set":0}}',
        b'{"version":1,"sets":[[97]],"root":{"set":0}}',
        b'{"version":1,"sets":[],"root":{"at":"somewhere"}}',
        b'{"version":1,"sets":[],"root":' + b'{"seq":[' * 10_000,
        b'{"version":1,"sets":[],"root":{"seq":[],"alt":[]}}',
        b'{"version":1,"sets":[[97,97]],"root":{"repeat":{"min":2,"max":1,"greedy":true,"body":{"set":0}}}}',
    ],
)
def test_a_broken_program_is_refused(program: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        surtitle_native.Pattern(program)


@given(st.data(), patterns)
def test_a_damaged_program_is_refused_or_answers(data: st.DataObject, source: str) -> None:
    program = bytearray(msgspec.json.encode(compile_program(PatternText(source, 0))))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(program) - 1))
        program[at] = data.draw(st.sampled_from(b'0123456789[]{},:"'))
    try:
        engine = surtitle_native.Pattern(bytes(program))
    except ValueError:
        return
    for text in ("", "ab", "cab\n"):
        with contextlib.suppress(RuntimeError):
            assert all(0 <= start <= end <= len(text) for start, end in engine.find_all(text))


def test_surrogates_are_refused() -> None:
    with pytest.raises(UnicodeEncodeError):
        native(re.compile("a")).search("\ud800")
