"""Explanations drawn for a terminal."""

import pytest

from surtitle.cli._explain import explained
from surtitle.cli._terminal import show
from surtitle.models import DecisionRule, Explanation
from surtitle.records import Reason, Scored, Thresholds

TWO = DecisionRule(("kept", "removed"), (1.0, 1.0), Thresholds(review=0.2, remove=0.8))
MANY = DecisionRule(("a", "b", "c"), (1.0, 1.0, 1.0))


def drawn(capsys: pytest.CaptureFixture[str], *, score: float = 0.5, rule: DecisionRule = TWO, n_terms: int = 2) -> str:
    terms = tuple(Reason(f"term{n}", 0.5, (-1) ** n * (n_terms - n) / 10) for n in range(n_terms))
    label = rule.classes[-1]
    given = Explanation(
        text="You [red]DUMMY[/red]\x1b[2J",
        cleaned="you dummy",
        steps=(("lowercase", "you dummy"),),
        tokens=(("you", "you"), ("dummies", "dummy")),
        terms=terms,
        intercept=-1.0,
        logit=0.25,
        scored=Scored(score, label, rule.action(score, label), dict.fromkeys(rule.classes, 1 / len(rule.classes))),
        rule=rule,
    )
    show(*explained(given, 3))
    return capsys.readouterr().out


def test_markup_and_escapes_in_the_text_do_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert "You [red]DUMMY[/red]\\x1b[2J" in drawn(capsys)


def test_a_token_shows_its_word_form_where_that_differs(capsys: pytest.CaptureFixture[str]) -> None:
    assert "you  dummies→dummy" in drawn(capsys)


def test_the_many_small_terms_are_summed_up(capsys: pytest.CaptureFixture[str]) -> None:
    out = drawn(capsys, n_terms=40)
    assert "term14" in out
    assert "term15" not in out
    assert "25 more" in out


def test_a_text_without_known_terms_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert "none that the model knows" in drawn(capsys, n_terms=0)


@pytest.mark.parametrize(("score", "place"), [(0.0, 0), (0.5, 20), (0.9999, 39), (1.0, 39)])
def test_the_score_stands_in_its_place_on_the_line(
    capsys: pytest.CaptureFixture[str], score: float, place: int
) -> None:
    (line,) = [line for line in drawn(capsys, score=score).splitlines() if "●" in line]
    assert line.removeprefix("   0 ").index("●") == place


def test_several_classes_show_a_probability_each(capsys: pytest.CaptureFixture[str]) -> None:
    out = drawn(capsys, rule=MANY)
    assert out.count("0.333") == 3
    assert "●" not in out
    assert "0.500, the probability of c" in out


def test_equal_thresholds_mean_that_nothing_is_reviewed(capsys: pytest.CaptureFixture[str]) -> None:
    rule = DecisionRule(("kept", "removed"), (1.0, 1.0), Thresholds(review=0.5, remove=0.5))
    assert "allow below 0.500, else remove" in drawn(capsys, rule=rule)
