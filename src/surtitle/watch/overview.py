"""A look at a project: join what has come, measure it, compare what is new with what was trained on."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

import msgspec
import numpy as np

from surtitle.artefact import read_manifest
from surtitle.cycle.opening import registry_of
from surtitle.cycle.reference import load_sketch
from surtitle.errors import ArtefactError
from surtitle.evaluate.sketch import SCORE_BINS, Sketch, WordCounter
from surtitle.inbox.labels import LABELS_FILE
from surtitle.models import DecisionRule
from surtitle.progress import SILENT, Reporter
from surtitle.project import Project
from surtitle.registry import Registry, Version
from surtitle.watch.acts import Act, ActLog, read_acts
from surtitle.watch.chosen import ChosenStore
from surtitle.watch.drift import Drift, Shift, compare_scores, compare_texts
from surtitle.watch.gathering import DecisionFile, Gathered, gather
from surtitle.watch.over_time import Watched, measure_over_time
from surtitle.watch.policy import State, Verdict, decide
from surtitle.watch.reading import count_labels_since
from surtitle.watch.selected import SelectionQuality, measure_selections
from surtitle.watch.store import WatchStore

__all__ = ["Overview", "look"]


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a project's decisions.

    Parameters
    ----------
    model : str
        The project's name.
    champion : int
        The version that decides.
    at : datetime
        When it was looked.
    confidence : float
        Of all intervals.
    decisions, labels : int
        In the join.
    gathered : Gathered
        What has come since the last look.
    periods : tuple of Watched
        Quality over time, the oldest first.
    scores : Shift or None
        How far the champion's scores of its newest period are from those of training; None when there are none.
    texts : Drift or None
        How far recent texts are from those of training; None when none were given.
    drift : tuple of str
        In words, each way in which the input is shown to have changed.
    verdicts : tuple of Verdict
        What the policy says, for the champion and for each client's own.
    selections : tuple of SelectionQuality
        What the labels of each `surtitle label-next` say of all the events it chose from, the oldest first.
    notes : tuple of str
        What could not be looked at, and why.
    acts : tuple of Act
        The newest decisions of the loop, oldest first: 80 that did something, and 20 that did not.
    """

    model: str
    champion: int
    at: datetime
    confidence: float
    decisions: int
    labels: int
    gathered: Gathered
    periods: tuple[Watched, ...]
    scores: Shift | None
    texts: Drift | None
    drift: tuple[str, ...]
    verdicts: tuple[Verdict, ...]
    selections: tuple[SelectionQuality, ...]
    notes: tuple[str, ...]
    acts: tuple[Act, ...] = ()


def look(
    project: Project,
    files: Sequence[DecisionFile] = (),
    texts: Iterable[Sequence[str]] | None = None,
    *,
    now: datetime,
    reporter: Reporter = SILENT,
) -> Overview:
    """Join what has come since the last look, and say how good decisions are and how far the input has moved.

    Parameters
    ----------
    project : Project
        With a champion.
    files : sequence of DecisionFile
        The streams' outputs.
    texts : iterable of sequences of str, optional
        Recent texts, in batches, to be compared with those of training.
    now : datetime
        Aware.
    reporter : Reporter
        Told of the progress.

    Raises
    ------
    RegistryError
        If there is no champion.
    DataError, SurroundingsError
        As of `gather`.
    """
    registry = registry_of(project)
    champion = registry.find("champion")
    rules, notes = _rules_of(registry.versions())
    chosen = ChosenStore(project.state)
    with WatchStore(project.state) as store:
        gathered = gather(project, store, files, reporter=reporter)
        reporter.start("measure")
        periods = measure_over_time(project, store, rules, now=now, for_a_reason=chosen.for_a_reason())
        selections = tuple(measure_selections(chosen, store, rules, project.settings.evaluate))
        reporter.done(f"{len({each.quality.start for each in periods}):,} periods")
        counts = store.counts()
    scores, drift = None, None
    try:
        sketch = load_sketch(champion.folder)
    except ArtefactError as error:
        notes.append(str(error))
    else:
        scores = _scores_of(periods, champion.number, sketch)
        drift = None if texts is None else _texts_of(texts, sketch, reporter)
    moved = tuple(_in_words(scores, drift))
    with read_acts(project.state) as log:
        verdicts = tuple(_verdicts(project, registry, periods, moved, now, log))
        acts = () if log is None else log.recent()
    return Overview(
        model=project.settings.project.name,
        champion=champion.number,
        at=now,
        confidence=project.settings.evaluate.confidence,
        decisions=counts.decisions,
        labels=counts.labels,
        gathered=gathered,
        periods=tuple(periods),
        scores=scores,
        texts=drift,
        drift=moved,
        verdicts=verdicts,
        selections=selections,
        notes=tuple(notes),
        acts=acts,
    )


def _rules_of(versions: Iterable[Version]) -> tuple[dict[int, DecisionRule], list[str]]:
    """Return how each version decides, and which cannot be read."""
    rules, notes = {}, []
    for version in versions:
        try:
            rules[version.number] = read_manifest(version.folder).rule
        except ArtefactError as error:
            notes.append(f"decisions of version {version.number} are not measured: {error}")
    return rules, notes


def _verdicts(
    project: Project,
    registry: Registry,
    periods: Sequence[Watched],
    drift: tuple[str, ...],
    now: datetime,
    log: ActLog | None,
) -> Iterator[Verdict]:
    versions = {version.number: version for version in registry.versions()}
    waiting = None if log is None else log.in_shadow()
    shadow = None if waiting is None or waiting.contest is None else waiting.contest.challenger
    aliases = registry.aliases()
    qualities = [each.quality for each in periods]
    tried, made = ({} if log is None else log.last_trainings(failed=failed) for failed in (True, False))
    for alias, number in sorted(aliases.items()):
        name, _, client = alias.partition("@")
        if name == "champion":
            own = {number, number if client else aliases.get("challenger", number)}
            known = max(versions[each].created_at for each in own)
            labels_seen = max(known, made.get(client or None, known))
            state = State(
                champion=number,
                client=client or None,
                since=_back_since(registry, alias),
                test_auc=versions[number].facts.metrics.get("auc"),
                trained_at=max(known, tried.get(client or None, known)),
                shadow=None if client else shadow,
                new_labels=count_labels_since(project.state / LABELS_FILE, labels_seen),
                drift=() if client else drift,
            )
            yield decide(qualities, state, now, project.settings.watch)


def _back_since(registry: Registry, alias: str) -> datetime | None:
    """Return when a version was put back in place by a rollback, if that was the alias's last move."""
    last = registry.history(alias)[-1]
    return last.moved_at if last.kind == "rollback" else None


def _scores_of(periods: Sequence[Watched], champion: int, sketch: Sketch) -> Shift | None:
    newest = [each for each in periods if each.quality.version == champion and each.quality.client is None][-1:]
    if not newest or not sum(sketch.scores):
        return None
    return compare_scores(sketch, np.array(newest[0].scores, np.int64).reshape(SCORE_BINS))


def _texts_of(texts: Iterable[Sequence[str]], sketch: Sketch, reporter: Reporter) -> Drift:
    counter = WordCounter(sketch.cleaning, sketch.words)
    reporter.start("compare texts")
    for batch in texts:
        counter.add(batch)
        reporter.advance(len(batch))
    found = compare_texts(sketch, counter)
    reporter.done(f"{found.n_texts:,} texts")
    return found


def _in_words(scores: Shift | None, texts: Drift | None) -> Iterable[str]:
    if scores is not None and scores.drifted:
        yield f"scores of the newest period are {scores.value:.2f} from training (by chance {scores.usual:.2f})"
    if texts is None:
        return
    if texts.words.drifted:
        yield f"how often words occur is {texts.words.value:.2f} from training (by chance {texts.words.usual:.2f})"
    if texts.unseen.drifted:
        yield f"{100 * texts.unseen.value:.1f} % of the words are unseen, {100 * texts.unseen.usual:.1f} % are usual"
    if texts.domain_drifted and texts.domain is not None:
        yield f"texts can be told from those of training, with an AUC of {texts.domain}"
