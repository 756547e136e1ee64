import pytest
from hypothesis import given
from hypothesis import strategies as st

from surtitle.errors import SettingsError
from surtitle.stream.rules import parse_rules
from surtitle.stream.rules.rates import Rate
from surtitle.stream.rules.reading import Rule
from surtitle.stream.rules.texts import text_condition
from tests.stream.streams import outcome, plan, record

BOOK = """
[[rule]]
name = "thanks"
action = "allow"
phrases = ["thank you"]

[[rule]]
name = "links"
action = "review"
regex = 'https?://'

[[rule]]
name = "threat"
action = "remove"
token_patterns = [[{LOWER = "get"}, {LOWER = "out"}]]

[[rule]]
name = "names"
action = "remove"
token_phrases = ["silly goose"]
"""


def _said(texts: list[str], book: str = BOOK) -> list[tuple[str, list[str]]]:
    made = outcome(plan([]), parse_rules(book))
    made.step([record(number, number, text=text) for number, text in enumerate(texts)])
    return [(line["action"], [reason["term"] for reason in line["reasons"]]) for line in made.lines("decisions")]


def test_the_first_rule_that_applies_decides_and_is_the_reason() -> None:
    texts = ["Thank  YOU http://a.b", "see http://a.b", "Get OUT of here", "what a Silly goose", "plain"]
    assert _said(texts) == [
        ("allow", ["rule thanks"]),
        ("review", ["rule links"]),
        ("remove", ["rule threat"]),
        ("remove", ["rule names"]),
        ("allow", []),
    ]


def test_a_regular_expression_that_takes_too_long_has_the_text_reviewed() -> None:
    book = '[[rule]]\nname = "slow"\naction = "allow"\nregex = "(a|aa|a?b?a)+$"\ntime_limit_ms = 5'
    assert _said(["a" * 60 + "!"], book) == [("review", ["rule slow timed out"])]


def test_a_rate_acts_on_those_beyond_it() -> None:
    book = '[[rule]]\nname = "flood"\naction = "remove"\nrate = 2\nper = "10s"'
    made = outcome(plan([]), parse_rules(book))
    made.step([record(n, n, author="ann" if n != 2 else "bob", text="") for n in range(5)] + [record(9, 30, text="")])
    assert [line["action"] for line in made.lines("decisions")] == ["allow"] * 3 + ["remove"] * 2 + ["allow"]


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 60))), st.integers(0, 3), st.integers(1, 20))
def test_a_rate_counts_what_lies_in_the_time_before(drawn: list[tuple[str, int]], most: int, per: int) -> None:
    rate, before = Rate("r", most, per), list[tuple[str, int]]()
    for author, time in drawn:
        before.append((author, time))
        count = sum(name == author and time - per < other <= time for name, other in before)
        assert rate.exceeded(author, time, -1000) == (count > most)


def test_a_rate_forgets_authors() -> None:
    rate = Rate("r", 1, 10)
    rate.exceeded("ann", 5, 0)
    rate.advance(100)
    assert [each.value for each in rate.changes()] == [None]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[[rule]]\nname=", "not valid TOML"),
        ("rule = 1", "two brackets"),
        ('[[rule]]\nname = "a"\naction = "hide"\nregex = "a"', "action"),
        ('[[rule]]\nname = "a"\naction = "allow"', "no condition"),
        ('[[rule]]\nname = "a"\naction = "allow"\nregex = "a"\nphrases = ["b"]', "several conditions: phrases, regex"),
        ('[[rule]]\nname = "a"\naction = "allow"\nrate = 3', "is not a duration"),
        ('[[rule]]\nname = "a"\naction = "allow"\nfraze = ["b"]', "fraze"),
        ('[[rule]]\nname = "a"\naction = "allow"\nregex = "a"\n' * 2, "name of an earlier rule"),
        ('[[rules]]\nname = "a"', "is not known here"),
    ],
)
def test_faults_are_told_with_the_rule(text: str, told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        parse_rules(text)


def test_several_faults_are_told_together() -> None:
    with pytest.raises(SettingsError) as raised:
        parse_rules('[[rule]]\nname = "a"\naction = "allow"\n[[rule]]\nname = "b"\naction = "no"\nregex = "a"')
    assert len(raised.value.faults) == 2


@pytest.mark.parametrize(
    "rule",
    [
        Rule(name="open", action="allow", regex="(a"),
        Rule(name="open", action="allow", token_patterns=([{"LOWER": {"NO": "WAY"}}],)),
    ],
)
def test_a_pattern_that_cannot_be_compiled_is_told_of(rule: Rule) -> None:
    with pytest.raises(SettingsError, match=r"open\."):
        text_condition(rule, "en")
