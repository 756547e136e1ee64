"""What the labels of each choice say of all the events that there were to choose from."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import msgspec
import numpy as np

from surtitle.models import DecisionRule
from surtitle.settings import EvaluateSettings
from surtitle.watch.chosen import ChosenStore, RecordedSelection
from surtitle.watch.store import WatchStore
from surtitle.watch.weighted import LabelledChoice, WeightedQuality, weighted_quality

__all__ = ["SelectionQuality", "measure_selections"]


class SelectionQuality(msgspec.Struct, frozen=True, kw_only=True):
    """One choice of events, as far as its labels have come.

    Parameters
    ----------
    number, at, version, client
        Of the choice.
    population : int
        How many events there were to choose from.
    asked, labelled : int
        How many were chosen, and of how many the label has come.
    quality : WeightedQuality or None
        Of all the events that there were to choose from; None while too few labels have come.
    """

    number: int
    at: datetime
    version: int
    client: str | None
    population: int
    asked: int
    labelled: int
    quality: WeightedQuality | None

    def __str__(self) -> str:
        whose = f" of client {self.client}" if self.client else ""
        head = f"choice {self.number} of {self.at:%Y-%m-%d}: {self.labelled:,} of {self.asked:,} labelled"
        if self.quality is None:
            return f"{head}, too few to judge the {self.population:,} events{whose} that they were chosen from"
        return f"{head}; of all {self.population:,} events{whose}, weighted: {self.quality}"


def measure_selections(
    chosen: ChosenStore, store: WatchStore, rules: Mapping[int, DecisionRule], settings: EvaluateSettings
) -> Iterator[SelectionQuality]:
    """Yield every choice that the rules are known for, the oldest first.

    Parameters
    ----------
    chosen : ChosenStore
        The choices.
    store : WatchStore
        Where late labels are.
    rules : mapping of int to DecisionRule
        Of the versions.
    settings : EvaluateSettings
        Of the intervals.
    """
    for selection in chosen.selections():
        rule = rules.get(selection.version)
        if rule is not None:
            events = chosen.events(selection.number)
            yield _measure(selection, events, store.labels_of([each[0] for each in events]), rule, settings)


def _measure(
    selection: RecordedSelection,
    events: Sequence[tuple[int, bool, float, str]],
    labels: Mapping[int, str],
    rule: DecisionRule,
    settings: EvaluateSettings,
) -> SelectionQuality:
    found = [
        (random, score, said, labels[key]) for key, random, score, said in events if labels.get(key) in rule.classes
    ]
    quality = None
    if found:
        random, scores, said, true = zip(*found, strict=True)
        labelled = LabelledChoice(
            random=np.array(random, np.bool_),
            right=np.array([ours == theirs for ours, theirs in zip(said, true, strict=True)], np.bool_),
            positive=np.array([label == rule.classes[1] for label in true]) if len(rule.classes) == 2 else None,
            scores=np.array(scores, np.float64),
            population=selection.population,
            for_a_reason=sum(not each[1] for each in events),
        )
        quality = weighted_quality(
            labelled, resamples=settings.resamples, confidence=settings.confidence, seed=settings.seed
        )
    return SelectionQuality(**selection._asdict(), asked=len(events), labelled=len(found), quality=quality)
