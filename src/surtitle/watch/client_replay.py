"""What models of clients' own would have been worth over a labelled history: one for all, one for each, or by the gate.

All models are made of the first part of the history, and decide the events after it:

``all``
    One model, of everybody's examples, decides for everybody.
``each``
    Every client that has enough examples is decided for by a model of its own examples alone, come what may.
``gated``
    It has that model only where the gate let it through: shown to be better than the model for all on the client's
    newest examples of the first part, which neither has seen. This is what ``surtitle train --clients`` does.

Nothing is trained again on the way; that is `surtitle.watch.replay`.
"""

from datetime import datetime
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from surtitle.cycle.ahead import RulesAhead
from surtitle.cycle.clients import lacking
from surtitle.cycle.comparison import compare, paired_difference
from surtitle.cycle.fitting import FittedProject, Splits, fit_project
from surtitle.errors import Fault, SettingsError
from surtitle.models.scorer import Scorer
from surtitle.progress import SILENT, Reporter
from surtitle.project import Project
from surtitle.records import Interval
from surtitle.watch.contest import Model, fit_first
from surtitle.watch.history import History
from surtitle.watch.outcome import Quality, quality_of
from surtitle.watch.retrain import divide

__all__ = ["ClientPart", "ClientsOutcome", "replay_clients"]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]


class ClientPart(msgspec.Struct, frozen=True, kw_only=True):
    """The events of one client after the first part, or of all.

    Parameters
    ----------
    name : str
        The client; `all` for everything.
    n_first, n : int
        Its examples in the first part, and its events after it.
    own : bool
        Whether the gate let a model of its own through; of `all`, for any client.
    gain : Interval or None
        What the gate went by: the difference in AUC on the client's newest examples of the first part.
    reason : str
        Why there is no model of its own; empty if there is one, whatever the gate said.
    all, each, gated : Quality
        In each of the three ways. Without a model of its own, `each` falls back to that for all.
    each_minus_all, gated_minus_all : Interval or None
        Differences of the AUCs, paired; None while undefined.
    """

    name: str
    n_first: int
    n: int
    own: bool
    gain: Interval | None = None
    reason: str = ""
    all: Quality
    each: Quality
    gated: Quality
    each_minus_all: Interval | None
    gated_minus_all: Interval | None


class ClientsOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a replay of clients came to.

    Parameters
    ----------
    project : str
        Its name.
    examples, first_examples : int
        In the history, and of those in its first part.
    first_until : datetime
        The time of the last example of that part.
    total : ClientPart
        Over all events after it. AUCs there rank the scores of several models together: they are calibrated.
    clients : tuple of ClientPart
        By name.
    """

    project: str
    examples: int
    first_examples: int
    first_until: datetime
    total: ClientPart
    clients: tuple[ClientPart, ...]


class _Own(NamedTuple):
    """A model of a client's own, unless it has too few examples, and what the gate said of it."""

    scorer: Scorer | None
    promoted: bool = False
    gain: Interval | None = None
    reason: str = ""


class _Said:
    """What one of the three ways says of every example."""

    def __init__(self, n: int, n_classes: int) -> None:
        self.probs = np.zeros((n, n_classes))
        self.chosen = np.zeros(n, np.int64)

    def take(self, places: IntArray, probs: FloatArray, scorer: Scorer) -> None:
        """Let a model decide at some places."""
        self.probs[places] = probs
        self.chosen[places] = scorer.rule.chosen(probs)


def replay_clients(
    project: Project, history: History, *, n_first: int, ahead: RulesAhead, reporter: Reporter
) -> ClientsOutcome:
    """Make the models of the first part, have them decide the rest, and measure all three ways.

    Parameters
    ----------
    project : Project
        Its settings; `[clients]` says who has enough examples.
    history : History
        In order of time.
    n_first : int
        Size of the first part.
    ahead : RulesAhead
        Of the project's settings.
    reporter : Reporter
        Told of each client.

    Raises
    ------
    SettingsError
        If the project names no column of clients.
    DataError
        If the first part makes no model for all.
    """
    if not project.settings.data.client:
        fault = Fault("data.client", "names no column", 'say which it is, such as --set data.client="community"')
        raise SettingsError("without a column of clients there is no model for each", [fault])
    base = fit_first(project, history, n_first, ahead, reporter)
    owners = np.array([value or "" for value in history.table["client"].to_pylist()], dtype=object)
    later = np.arange(n_first, len(history))
    ways = {name: _Said(len(history), len(history.classes)) for name in ("all", "each", "gated")}
    probs = base.scorer.probabilities(history.texts(slice(n_first, len(history))))
    for said in ways.values():
        said.take(later, probs, base.scorer)
    names = sorted(set(owners) - {""})
    reporter.start("clients", len(names))
    parts = []
    for name in names:
        own = _fit_client(project, history, np.flatnonzero(owners == name), n_first, name, base, ahead)
        places = later[owners[later] == name]
        if own.scorer is not None and len(places):
            ours = own.scorer.probabilities(history.at(places).texts)
            for way in ("each", "gated") if own.promoted else ("each",):
                ways[way].take(places, ours, own.scorer)
        n_of_first = int((owners[:n_first] == name).sum())
        if len(places):
            parts.append(_part(project, history, ways, places, name, n_of_first, own))
        reporter.advance(1)
    reporter.done(f"{sum(part.own for part in parts)} of {len(parts)} clients gain by a model of their own")
    promoted = _Own(None, any(part.own for part in parts))
    return ClientsOutcome(
        project=project.settings.project.name,
        examples=len(history),
        first_examples=n_first,
        first_until=history.time(n_first - 1),
        total=_part(project, history, ways, later, "all", n_first, promoted),
        clients=tuple(parts),
    )


def _fit_client(
    project: Project, history: History, places: IntArray, n_first: int, name: str, base: Model, ahead: RulesAhead
) -> _Own:
    settings = project.settings
    division = divide(history.times, n_first, None, history.time(n_first - 1), settings)
    parts = [places[(places >= part.start) & (places < part.stop)] for part in division]
    counts = np.array([np.bincount(history.y[part], minlength=len(history.classes)) for part in parts])
    if reason := lacking(settings, name, counts):
        return _Own(None, reason=reason)
    splits = Splits(*(history.at(part) for part in parts))
    fitted: FittedProject = fit_project(project, history.classes, splits, SILENT, ahead)
    test = splits.test
    theirs = base.scorer.probabilities(test.texts)
    verdict = compare(
        *(settings, test.table, test.y, fitted.test_probabilities, theirs), challenger=2, champion=1, must_gain=True
    )
    return _Own(fitted.scorer, verdict.passed, verdict.overall)


def _part(
    project: Project, history: History, ways: dict[str, _Said], places: IntArray, name: str, n_first: int, own: _Own
) -> ClientPart:
    settings, y = project.settings, history.y[places]
    one, each, gated = (ways[way].probs[places] for way in ("all", "each", "gated"))
    quality = {way: quality_of(y, said.probs[places], said.chosen[places], settings) for way, said in ways.items()}
    return ClientPart(
        name=name,
        n_first=n_first,
        n=len(places),
        own=own.promoted,
        gain=own.gain,
        reason=own.reason,
        all=quality["all"],
        each=quality["each"],
        gated=quality["gated"],
        each_minus_all=paired_difference(settings, y, each, one),
        gated_minus_all=paired_difference(settings, y, gated, one),
    )
