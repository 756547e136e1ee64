"""Quality over time: every period of the join measured, per version and client, with what was to be expected."""

from collections.abc import Iterator, Mapping, Sequence, Set
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import islice
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from surtitle.durations import parse_duration
from surtitle.evaluate.sketch import score_counts
from surtitle.models import DecisionRule
from surtitle.project import Project
from surtitle.watch.estimate import Estimate, Trust, expected_auc, trust_of
from surtitle.watch.quality import PeriodQuality, measure_period
from surtitle.watch.rows import moment
from surtitle.watch.store import WatchStore

__all__ = ["Watched", "measure_over_time"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

MOST_CLIENTS = 50
_ROWS_AT_ONCE = 50_000


class Watched(msgspec.Struct, frozen=True):
    """One version in one period, of all clients or of one.

    Parameters
    ----------
    quality : PeriodQuality
        By the labels.
    estimate : Estimate or None
        Without labels, of all decisions; None for one client, and for more than two classes.
    trust : Trust or None
        What the period's own labels say of its estimate.
    contradicted : int
        Decisions whose labels have differed; the last one counts.
    unknown_labels : int
        Decisions with a label that is none of the version's classes; they count as having none.
    scores : tuple of int
        Decisions by their scores: 20 bins of equal width.
    """

    quality: PeriodQuality
    estimate: Estimate | None
    trust: Trust | None
    contradicted: int
    unknown_labels: int
    scores: tuple[int, ...]


class _Decided(NamedTuple):
    """Decisions of one version in one period, by column: names as codes, -1 for none.

    A label is the index of its class; -1: none has come, -2: it is none of the version's classes.
    """

    clients: IntArray
    actions: IntArray
    scores: FloatArray
    labels: IntArray
    contradicted: IntArray

    def only(self, rows: NDArray[np.bool_]) -> "_Decided":
        """Return the decisions at some places."""
        return _Decided(
            self.clients[rows], self.actions[rows], self.scores[rows], self.labels[rows], self.contradicted[rows]
        )


def measure_over_time(
    project: Project,
    store: WatchStore,
    rules: Mapping[int, DecisionRule],
    *,
    now: datetime,
    for_a_reason: Set[int] = frozenset(),
) -> list[Watched]:
    """Measure every period that decisions were made in, the oldest first; of each, all clients before single ones.

    What was found for a period is kept in the store until a decision or label of it comes, so that only what has
    changed is measured again. One period at a time is in memory.

    Parameters
    ----------
    project : Project
        With the settings of the watch and of the intervals.
    store : WatchStore
        The join.
    rules : mapping of int to DecisionRule
        Of the versions; decisions of others are passed over.
    now : datetime
        Aware; says which periods are mature.
    for_a_reason : set of int
        Keys of decisions whose labels were asked for because the model was unsure, or the like. They say nothing of
        the others, and count as having none.
    """
    settings = project.settings
    length = parse_duration(settings.watch.period)
    digest = _digest(project, rules)
    found: list[Watched] = []
    for start_us in store.periods(length):
        end_us = start_us + length
        kept = store.measured(start_us, end_us, digest)
        if kept is None:
            made = list(_measure(project, store, rules, start_us, end_us, for_a_reason))
            store.keep_measured(start_us, end_us, digest, msgspec.json.encode(made))
        else:
            made = msgspec.json.decode(kept, type=list[Watched])
        found += made
    ripe = now - timedelta(microseconds=parse_duration(settings.watch.maturity))
    return list(_believed([_aged(each, ripe) for each in found]))


def _digest(project: Project, rules: Mapping[int, DecisionRule]) -> str:
    told = (1, project.settings.evaluate, project.settings.watch.min_positives, sorted(rules.items()))
    return sha256(msgspec.json.encode(told)).hexdigest()[:16]


def _aged(each: Watched, ripe: datetime) -> Watched:
    quality = msgspec.structs.replace(each.quality, mature=each.quality.end <= ripe)
    return msgspec.structs.replace(each, quality=quality)


def _believed(history: Sequence[Watched]) -> Iterator[Watched]:
    """Doubt the estimates of a version once labels contradict them, until the labels of a later period agree."""
    doubts: dict[int, tuple[str, ...]] = {}
    for each in history:
        version = each.quality.version
        if each.trust is not None and each.quality.client is None:
            of_period = f"labels of {each.quality.start:%Y-%m-%d %H:%M}: "
            doubts[version] = tuple(of_period + reason for reason in each.trust.reasons)
        if each.estimate is None:
            yield each
            continue
        reasons = doubts.get(version, ())
        yield msgspec.structs.replace(each, estimate=Estimate(each.estimate.auc, not reasons, reasons))


def _measure(
    project: Project,
    store: WatchStore,
    rules: Mapping[int, DecisionRule],
    start_us: int,
    end_us: int,
    for_a_reason: Set[int],
) -> Iterator[Watched]:
    span = moment(start_us), moment(end_us)
    names = store.names()
    for version, decided in _by_version(store, rules, start_us, end_us, for_a_reason):
        rule = rules[version]
        yield _watched(project, rule, decided, span, version, None, names)
        codes, sizes = np.unique(decided.clients[decided.clients >= 0], return_counts=True)
        largest = codes[np.argsort(-sizes, kind="stable")[:MOST_CLIENTS]].tolist()
        for code in sorted(largest, key=names.__getitem__):
            of_client = decided.only(decided.clients == code)
            if (of_client.labels >= 0).any():
                yield _watched(project, rule, of_client, span, version, names[code], names)


def _by_version(
    store: WatchStore, rules: Mapping[int, DecisionRule], start_us: int, end_us: int, for_a_reason: Set[int]
) -> Iterator[tuple[int, _Decided]]:
    columns = _columns(store, start_us, end_us, for_a_reason)
    if columns is None:
        return
    versions, clients, actions, scores, labels, contradicted = columns
    for version in sorted(set(versions.tolist()) & rules.keys()):
        rows = versions == version
        places = {name: place for place, name in enumerate(rules[version].classes)}
        # One more than the highest code, so that -1, of no label, finds the last place.
        classes = np.full(max(store.names(), default=0) + 2, -2)
        for code, name in store.names().items():
            classes[code] = places.get(name, -2)
        classes[-1] = -1
        yield (
            version,
            _Decided(clients[rows], actions[rows], scores[rows], classes[labels[rows]], contradicted[rows]),
        )


def _columns(store: WatchStore, start_us: int, end_us: int, for_a_reason: Set[int]) -> tuple[NDArray[Any], ...] | None:
    """Return versions, clients, actions, scores, labels, contradicted; a tenth of the memory of the rows themselves."""
    rows = store.joined(start_us, end_us)
    parts = []
    while part := list(islice(rows, _ROWS_AT_ONCE)):
        keys, versions, clients, actions, scores, labels, contradicted = zip(*part, strict=True)
        if for_a_reason:
            labels = tuple(-1 if key in for_a_reason else label for key, label in zip(keys, labels, strict=True))
        codes = [np.array(column, np.int64) for column in (versions, clients, actions, labels, contradicted)]
        parts.append((*codes[:3], np.clip(np.array(scores, np.float64), 0.0, 1.0), *codes[3:]))
    return tuple(map(np.concatenate, zip(*parts, strict=True))) if parts else None


def _watched(
    project: Project,
    rule: DecisionRule,
    decided: _Decided,
    span: tuple[datetime, datetime],
    version: int,
    client: str | None,
    names: Mapping[int, str],
) -> Watched:
    settings = project.settings.evaluate
    labelled = decided.only(decided.labels >= 0)
    probs, chosen = _probabilities(rule, labelled, names)
    quality = measure_period(
        labelled.labels,
        probs,
        chosen,
        start=span[0],
        end=span[1],
        version=version,
        client=client,
        n_decisions=len(decided.scores),
        mature=False,
        settings=settings,
        thresholds=rule.thresholds,
    )
    two = len(rule.classes) == 2
    if not two:
        # Of the other classes no probability was kept: an area under a curve would be made up.
        quality = msgspec.structs.replace(quality, auc=None)
    expected = expected_auc(decided.scores, confidence=settings.confidence) if two and client is None else None
    trust = None
    if expected is not None and quality.auc is not None:
        trust = trust_of(labelled.scores, labelled.labels, quality.auc, confidence=settings.confidence)
    return Watched(
        quality=quality,
        estimate=None if expected is None else Estimate(expected, True, ()),
        trust=trust,
        contradicted=int(decided.contradicted.sum()),
        unknown_labels=int((decided.labels == -2).sum()),
        scores=tuple(score_counts(decided.scores).tolist()),
    )


def _probabilities(rule: DecisionRule, decided: _Decided, names: Mapping[int, str]) -> tuple[FloatArray, IntArray]:
    """Return probabilities, shape (n, n_classes), and the class chosen; of many classes only that one's is known."""
    n, width = len(decided.scores), len(rule.classes)
    if width == 2:
        probs = np.column_stack([1.0 - decided.scores, decided.scores])
        return probs, rule.chosen(probs)
    places = {name: place for place, name in enumerate(rule.classes)}
    chosen = np.array([places.get(names[code], 0) for code in decided.actions.tolist()], np.int64)
    probs = np.repeat(((1.0 - decided.scores) / (width - 1))[:, None], width, axis=1)
    probs[np.arange(n), chosen] = decided.scores
    return probs, chosen
