"""What a replay came to: the first model against the loop, over all and for each part of the history."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
import numpy as np
from numpy.typing import NDArray

from surtitle.cycle.comparison import paired_difference
from surtitle.evaluate import measure
from surtitle.evaluate.calibration import wilson
from surtitle.records import Interval
from surtitle.settings import Settings
from surtitle.watch.guard import GuardVerdict
from surtitle.watch.history import History
from surtitle.watch.replay import Beginning, PlayedPeriod, Replay, Retraining, Step

__all__ = ["Outcome", "Part", "Quality", "quality_of", "summarise_replay"]


class Quality(msgspec.Struct, frozen=True):
    """Accuracy with its Wilson interval; AUC with its bootstrap interval, or None while undefined.

    The loop's AUC pools the scores of all the versions that decided: they are calibrated, so they can be ranked
    together.
    """

    accuracy: Interval
    auc: Interval | None


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One part of the history after the first model was made.

    Parameters
    ----------
    name : str
        A value of the column that was asked for; `all` for everything.
    start, end : datetime
        Of its first and its last event.
    n : int
        How many events.
    static, loop : Quality
        Of the first model alone, and of the loop.
    difference : Interval or None
        AUC of the loop minus AUC of the first model, paired; None while undefined.
    first_promotion_s : float or None
        Seconds from its first event to the first promotion while it lasted; None when there was none.
    """

    name: str
    start: datetime
    end: datetime
    n: int
    static: Quality
    loop: Quality
    difference: Interval | None
    first_promotion_s: float | None


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """A whole replay.

    Parameters
    ----------
    project : str
        Its name.
    examples : int
        In the history.
    first_until : datetime
        The time of the last example of which the first model was made.
    first_examples : int
        How many those are.
    label_delay : str
        How late the labels were.
    total : Part
        Over everything after the first part.
    parts : tuple of Part
        By the column asked for.
    periods : tuple of PlayedPeriod
        Each period, by both.
    retrainings : tuple of Retraining
        Each training, why, and what the gate said.
    guarded : tuple of GuardVerdict
        How each trial of a new champion ended.
    promotions, rollbacks : int
        How many.
    """

    project: str
    examples: int
    first_until: datetime
    first_examples: int
    label_delay: str
    total: Part
    parts: tuple[Part, ...]
    periods: tuple[PlayedPeriod, ...]
    retrainings: tuple[Retraining, ...]
    guarded: tuple[GuardVerdict, ...]
    promotions: int
    rollbacks: int


def summarise_replay(
    replay: Replay, history: History, steps: Sequence[Step], settings: Settings, *, by: str | None = None
) -> Outcome:
    """Return what a replay that has been walked to its end came to.

    Parameters
    ----------
    replay, history, settings
        The replay, what it walked over, and its project's settings.
    steps : sequence of Step
        All that it yielded.
    by : str, optional
        A column of the history to divide it by.
    """
    [beginning] = [step for step in steps if isinstance(step, Beginning)]
    retrainings = tuple(step for step in steps if isinstance(step, Retraining))
    guarded = tuple(step for step in steps if isinstance(step, GuardVerdict))
    promoted = [step.verdict.at for step in retrainings if step.contest.promoted]
    played = np.arange(beginning.n_examples, len(history))
    parts: dict[str, NDArray[np.int64]] = {}
    if by is not None:
        values = np.array([str(value) for value in history.table[by].to_pylist()], dtype=object)[played]
        parts = {name: played[values == name] for name in dict.fromkeys(values)}
    return Outcome(
        project=settings.project.name,
        examples=len(history),
        first_until=beginning.until,
        first_examples=beginning.n_examples,
        label_delay=settings.watch.maturity,
        total=_part("all", played, replay, history, settings, promoted),
        parts=tuple(_part(name, rows, replay, history, settings, promoted) for name, rows in parts.items()),
        periods=tuple(step for step in steps if isinstance(step, PlayedPeriod)),
        retrainings=retrainings,
        guarded=guarded,
        promotions=len(promoted),
        rollbacks=sum(step.roll_back for step in guarded),
    )


def _part(
    name: str,
    rows: NDArray[np.int64],
    replay: Replay,
    history: History,
    settings: Settings,
    promoted: Sequence[datetime],
) -> Part:
    start, end = history.time(int(rows[0])), history.time(int(rows[-1]))
    y, static, loop = history.y[rows], replay.static[rows], replay.loop[rows]
    within = [moment for moment in promoted if start <= moment <= end]
    return Part(
        name=name,
        start=start,
        end=end,
        n=len(rows),
        static=quality_of(y, static, replay.chosen["static"][rows], settings),
        loop=quality_of(y, loop, replay.chosen["loop"][rows], settings),
        difference=paired_difference(settings, y, loop, static),
        first_promotion_s=(within[0] - start) / timedelta(seconds=1) if within else None,
    )


def quality_of(
    y: NDArray[np.int64], probs: NDArray[np.float64], chosen: NDArray[np.int64], settings: Settings
) -> Quality:
    """Measure what was said of some examples.

    Parameters
    ----------
    y : int64, shape (n,)
        True class indices.
    probs : float64, shape (n, K)
        What was said.
    chosen : int64, shape (n,)
        The class that was chosen.
    settings : Settings
        Its `[evaluate]`.
    """
    evaluate, right = settings.evaluate, int((y == chosen).sum())
    auc = None
    if len(np.unique(y)) > 1:
        auc = measure(
            *(y, probs, chosen),
            resamples=evaluate.resamples,
            confidence=evaluate.confidence,
            seed=evaluate.seed,
            names=("auc",),
        )["auc"]
    return Quality(Interval(right / len(y), *wilson(right, len(y), level=evaluate.confidence)), auc)
