"""Facts that cross from one room to another: frozen, typed, ready for JSON."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

__all__ = ["Decision", "Event", "Interval", "Reason", "Scored", "Thresholds"]


class Interval(msgspec.Struct, frozen=True):
    """A figure with its interval.

    Examples
    --------
    >>> print(Interval(0.791, 0.765, 0.814))
    0.791 [0.765, 0.814]
    """

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


class Thresholds(msgspec.Struct, frozen=True):
    """Where the probability of the positive class changes the action; equal when nothing is reviewed.

    Below `review` a text is allowed, from `remove` upwards it is removed, between them a person looks at it.

    Examples
    --------
    >>> Thresholds(review=0.2, remove=0.8).review
    0.2
    """

    review: float
    remove: float


class Event(msgspec.Struct, frozen=True):
    """One unlabelled text arriving in a stream or a request."""

    id: str
    text: str
    time: datetime | None = None
    client: str | None = None


class Reason(msgspec.Struct, frozen=True):
    """A term that pushed a score, and by how much.

    Parameters
    ----------
    term : str
        A word n-gram as it is, or a character n-gram between vertical bars (``|umm|``).
    value : float
        The term's weight in this text (its normalised TF-IDF).
    contribution : float
        `value` times the model's coefficient, in log-odds; positive pushes towards the class.
    """

    term: str
    value: float
    contribution: float


class Scored(msgspec.Struct, frozen=True):
    """What a model says of one text, before anything is known of the event.

    Parameters
    ----------
    score : float
        Calibrated probability: of the positive class when there are two, of the chosen class otherwise.
    label : str
        The class chosen.
    action : str
        `allow`, `review` or `remove` for two classes; the class chosen for more.
    probabilities : mapping of str to float
        One per class; they sum to 1.
    """

    score: float
    label: str
    action: str
    probabilities: Mapping[str, float]


class Decision(msgspec.Struct, frozen=True):
    """What is said of an event.

    Parameters
    ----------
    alias : str
        What chose the version: `champion@CLIENT` where the client has a model of its own, else `champion`; a version
        that was asked for by number is `v3`.
    """

    id: str
    model: str
    version: int | None
    client: str | None
    score: float
    action: str
    reasons: tuple[Reason, ...]
    event_time: datetime | None
    decided_at: datetime
    alias: str = "champion"
