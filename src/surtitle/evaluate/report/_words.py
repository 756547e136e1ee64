"""What the report says in plain words."""

from collections.abc import Sequence
from datetime import datetime
from math import isnan, log

from surtitle.evaluate.evaluation import Evaluation, Facts
from surtitle.evaluate.report.markup import Html, element, join
from surtitle.records import Interval

__all__ = [
    "GLOSSARY",
    "METRIC_WORDS",
    "blind_values",
    "class_title",
    "date_span",
    "figure",
    "per_thousand",
    "percent",
    "verdict",
]

_NBSP = "\xa0"  # keeps a number and its sign on one line
_BARE = frozenset({"true", "false", "yes", "no", "t", "f", "y", "n"})

METRIC_WORDS = {
    "auc": ("AUC", "How often a random positive text is ranked above a random negative one."),
    "average_precision": ("Average precision", "Mean share of right alarms while going down the ranking."),
    "macro_f1": ("Macro-F1", "Precision and recall of the chosen classes, each class counting the same."),
    "log_loss": ("Log loss", "How surprised the probabilities are by the truth; punishes false certainty."),
    "brier": ("Brier score", "Mean squared distance of the probability from the truth."),
    "ece": ("Calibration error", "How far a stated probability lies from what really happens, on average."),
}

_DEFINITIONS = """
AUC: Area under the ROC curve. 1 is a perfect ranking, 0.5 is chance. For more than two classes, the mean of each class
  against the rest.
Average precision: Area under the precision-recall curve, summed by steps. Chance is the share of positives.
Precision: Of the texts that are called a class, the share that is of it.
Recall: Of the texts of a class, the share that is called so.
Macro-F1: F1 is the harmonic mean of precision and recall; macro-F1 the plain mean over the classes, so that a rare
  class counts as much as a common one.
Log loss: Mean of minus the natural logarithm of the probability given to the truth. 0 is perfect.
Brier score: Mean squared error of the probability. 0 is perfect. For more than two classes, summed over the classes.
Calibration error: Expected calibration error (ECE): distance of probability and frequency in 15 bins of equal width,
  weighted by the bins' sizes.
Interval: The test texts are drawn again many times, with replacement (bootstrap); the interval holds the middle part of
  the figures found. Single shares have Wilson intervals.
Threshold: A probability at which the action changes. It follows from what mistakes and reviews cost.
"""

GLOSSARY = tuple(
    (name, meaning)
    for name, _, meaning in (
        " ".join(entry.split()).partition(": ") for entry in _DEFINITIONS.strip().replace("\n  ", " ").splitlines()
    )
)


def class_title(name: str, facts: Facts) -> str:
    r"""Return what to call a class: `removed = 1` where the bare name says nothing.

    Examples
    --------
    >>> class_title("1", Facts(project="p", label="removed")), class_title("spam", Facts(project="p", label="kind"))
    ('removed\xa0=\xa01', 'spam')
    """
    bare = name.lower() in _BARE or name.lstrip("-").replace(".", "").isdigit()
    return f"{facts.label}{_NBSP}={_NBSP}{name}" if bare and facts.label else name


def figure(value: float | None, digits: int = 3) -> str:
    """Return a figure as it is printed; a dash for none.

    Examples
    --------
    >>> figure(0.79134), figure(None)
    ('0.791', '–')
    """
    return "–" if value is None or isnan(value) else f"{value:.{digits}f}"


def percent(share: float) -> str:
    r"""Return a share in percent, with a digit more near the ends.

    Examples
    --------
    >>> percent(0.327), percent(0.004), percent(1.0)
    ('33\xa0%', '0.4\xa0%', '100\xa0%')
    """
    value = 100.0 * share
    return f"{value:.1f}{_NBSP}%" if 0 < value < 2 or 98 < value < 100 else f"{value:.0f}{_NBSP}%"


def per_thousand(value: float) -> str:
    """Return a count per 1,000 texts.

    Examples
    --------
    >>> per_thousand(312.4), per_thousand(0.52), per_thousand(0.0)
    ('312', '0.5', '0')
    """
    return f"{value:.1f}" if 0 < value < 9.5 else f"{value:,.0f}"


def date_span(start: datetime | None, end: datetime | None) -> str:
    """Return two dates as a span.

    Examples
    --------
    >>> date_span(datetime(2026, 5, 1), datetime(2026, 6, 3)), date_span(None, None)
    ('1 May to 3 June 2026', '')
    """
    if start is None or end is None:
        return ""
    last = f"{end.day} {end:%B %Y}"
    if (start.year, start.month) == (end.year, end.month):
        return last if start.day == end.day else f"{start.day} to {last}"
    return f"{start.day} {start:%B}{'' if start.year == end.year else f' {start.year}'} to {last}"


def blind_values(evaluation: Evaluation) -> dict[str, float]:
    """Return what each metric is for someone who cannot read: always the test split's class shares, or chance.

    Of the calibration error it is 0.2, where a probability is no longer of use.
    """
    sizes = [sum(row) for row in evaluation.confusion]
    shares = [size / evaluation.n for size in sizes]
    present = sum(share > 0 for share in shares)
    most = max(shares)
    two = len(sizes) == 2
    gini = 1.0 - sum(share**2 for share in shares)
    return {
        "auc": 0.5,
        "average_precision": shares[1] if two else sum(shares) / present,
        "macro_f1": 2 * most / (1 + most) / present,
        "log_loss": _entropy(shares),
        "brier": gini / 2 if two else gini,
        "ece": 0.2,
    }


def _entropy(shares: Sequence[float]) -> float:
    return -sum(share * log(share) for share in shares if share > 0)


def verdict(evaluation: Evaluation) -> Html:
    """Return the report's first sentence: what the main figure means.

    For two classes it is of the ranking; for more, of the classes chosen.
    """
    facts = evaluation.facts
    which = "later" if facts.split_by == "time" else "unseen"
    start = f"On {evaluation.n:,} {which} {facts.noun}, the model "
    if len(evaluation.classes) == 2:
        low, high = (class_title(name, facts) for name in evaluation.classes)
        rate, span = _times(evaluation.metrics["auc"])
        said = f"ranks one that is “{high}” above one that is “{low}” "
    else:
        rate, span = _times(evaluation.accuracy)
        said = f"names the right one of {len(evaluation.classes)} classes "
    return join((start, said, element("b", rate), f" ({percent(evaluation.confidence)} interval {span})."))


def _times(interval: Interval) -> tuple[str, str]:
    digits = 0 if 0.02 < interval.value < 0.985 else 1
    value, low, high = (f"{100 * v:.{digits}f}" for v in (interval.value, interval.low, interval.high))
    return f"{value} times in{_NBSP}100", f"{low} to {high}"
