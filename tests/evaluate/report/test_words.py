from datetime import datetime

import msgspec
import numpy as np
import pytest

from surtitle.evaluate import Facts, evaluate
from surtitle.evaluate.report._words import blind_values, class_title, date_span, figure, verdict
from tests.evaluate.samples import evaluation_input


@pytest.mark.parametrize(
    ("name", "title"), [("1", "removed = 1"), ("-1.0", "removed = -1.0"), ("True", "removed = True"), ("spam", "spam")]
)
def test_bare_classes_are_told_with_their_column(name: str, title: str) -> None:
    assert class_title(name, Facts(project="p", label="removed")).replace("\xa0", " ") == title
    assert class_title(name, Facts(project="p")) == name


@pytest.mark.parametrize(
    ("start", "end", "span"),
    [
        (datetime(2026, 5, 1), datetime(2026, 5, 1, 9), "1 May 2026"),
        (datetime(2026, 5, 1), datetime(2026, 5, 3), "1 to 3 May 2026"),
        (datetime(2026, 5, 1), datetime(2026, 6, 3), "1 May to 3 June 2026"),
        (datetime(2025, 5, 1), datetime(2026, 5, 1), "1 May 2025 to 1 May 2026"),
        (None, datetime(2026, 5, 1), ""),
    ],
)
def test_dates_are_said_once(start: datetime | None, end: datetime | None, span: str) -> None:
    assert date_span(start, end) == span


def test_undefined_figures_are_a_dash() -> None:
    assert figure(float("nan")) == figure(None) == "–"


def test_verdict_of_two_classes_is_of_the_ranking() -> None:
    said = verdict(evaluate(evaluation_input())).replace("\xa0", " ")
    assert said.startswith("On 300 later comments, the model ranks one that is “remove” above one that is “keep” <b>")
    assert "times in 100</b> (95 % interval " in said


def test_verdict_of_more_classes_is_of_the_choices() -> None:
    given = msgspec.structs.replace(evaluation_input(n_classes=3), facts=Facts(project="p"))
    assert verdict(evaluate(given)).startswith("On 300 unseen texts, the model names the right one of 3 classes <b>")


def test_near_perfect_verdict_has_a_digit_more() -> None:
    y = np.arange(300) % 2
    probs = np.column_stack([1.0 - y, y]).astype(float)
    assert "100.0 times in" in verdict(evaluate(evaluation_input(y=y, probs=probs, chosen=y)))


@pytest.mark.parametrize("k", [2, 3])
def test_blind_guess_reaches_the_blind_values(k: int) -> None:
    given = evaluation_input(400, k)
    shares = np.bincount(given.y, minlength=k) / 400
    most = np.full(400, shares.argmax())
    guess = msgspec.structs.replace(given, probs=np.tile(shares, (400, 1)), chosen=most)
    evaluation = evaluate(guess)
    blind = blind_values(evaluation)
    assert sum(shares) == pytest.approx(1.0)
    for name, value in blind.items():
        if name not in ("ece", "macro_f1"):
            assert evaluation.metrics[name].value == pytest.approx(value), name
    if k == 2:
        # The classes that occur are all in y, so the class that is never chosen counts as 0.
        assert evaluation.metrics["macro_f1"].value == pytest.approx(blind["macro_f1"])
