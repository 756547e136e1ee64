"""What is worth telling, out of a look at a project. Pure."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from surtitle.registry import alias_of
from surtitle.settings.alerts import Kind
from surtitle.watch.acts import Act
from surtitle.watch.drift import Shift
from surtitle.watch.overview import Overview

__all__ = ["FAILING", "Happening", "Told", "failing", "happenings_of"]

FAILING = "failing"
_LATEST = timedelta(days=1)
_LONGEST = 500

_SEVERITY: Mapping[str, Literal["info", "warning", "critical"]] = {
    "bad_period": "warning",
    "drift": "warning",
    "promoted": "info",
    "refused": "warning",
    "in_shadow": "info",
    "rolled_back": "critical",
    "failed": "critical",
}


class Happening(msgspec.Struct, frozen=True, kw_only=True):
    """One thing worth telling.

    Parameters
    ----------
    id : str
        The same however often it is seen.
    at : datetime
        When it happened; aware.
    kind : str
        One of `alerts.kinds`.
    severity : {"info", "warning", "critical"}
        How much it matters.
    model : str
        The project's name.
    client : str or None
        Whose champion it is about; None: everybody's.
    version : int or None
        Which one.
    what, why : str
        A title, and one plain sentence.
    """

    id: str
    at: datetime
    kind: Kind
    severity: Literal["info", "warning", "critical"]
    model: str
    client: str | None
    version: int | None
    what: str
    why: str


class Told(msgspec.Struct, frozen=True):
    """What a look at a project says.

    Parameters
    ----------
    happenings : tuple of Happening
        The oldest first.
    over : frozenset of str
        Ids of what is over, if it ever began: should it begin again, it is told again.
    """

    happenings: tuple[Happening, ...]
    over: frozenset[str] = frozenset()


def happenings_of(overview: Overview) -> Told:
    """Return what a look says: bad periods, drift, and what the loop has done within a day.

    Parameters
    ----------
    overview : Overview
        The look.
    """
    found = [*_bad_periods(overview), *_done(overview)]
    over = {FAILING}
    for what, shift in _shifts(overview):
        id_ = f"drift|{overview.champion}|{what}"
        if shift.drifted:
            found.append(_drift(overview, id_, what, shift))
        else:
            over.add(id_)
    return Told(tuple(sorted(found, key=lambda each: each.at)), frozenset(over))


def failing(model: str, error: str, now: datetime) -> Told:
    """Return that a pass of the loop has failed; it is told once, until one succeeds.

    Examples
    --------
    >>> from datetime import UTC
    >>> told = failing("moderation", "the disk is full", datetime(2026, 3, 1, tzinfo=UTC))
    >>> [(each.kind, each.severity, each.what, each.why) for each in told.happenings]
    [('failed', 'critical', 'moderation: the watch fails', 'the disk is full')]
    """
    happening = Happening(
        id=FAILING,
        at=now,
        kind="failed",
        severity="critical",
        model=model,
        client=None,
        version=None,
        what=f"{model}: the watch fails",
        why=_short(error),
    )
    return Told((happening,))


def _bad_periods(overview: Overview) -> Iterator[Happening]:
    for verdict in overview.verdicts:
        for period in verdict.bad:
            yield Happening(
                id=f"bad_period|{verdict.champion}|{verdict.client or ''}|{period.start.isoformat()}",
                at=period.end,
                kind="bad_period",
                severity=_SEVERITY["bad_period"],
                model=overview.model,
                client=verdict.client,
                version=verdict.champion,
                what=f"{_who(overview, verdict.client)}: {period.start:%Y-%m-%d %H:%M} was bad",
                why=f"{period.bad}, by {period.n_labelled:,} labels. {verdict.reasons[0]}",
            )


def _done(overview: Overview) -> Iterator[Happening]:
    for act in overview.acts:
        match act.outcome:
            case "promoted" | "refused" | "in_shadow" | "rolled_back" | "failed" as kind:
                if act.at >= overview.at - _LATEST:
                    yield Happening(
                        id=f"{kind}|{act.kind}|{act.client or ''}|{act.at.isoformat()}",
                        at=act.at,
                        kind=kind,
                        severity=_SEVERITY[kind],
                        model=overview.model,
                        client=act.client,
                        version=_version(act),
                        what=f"{_who(overview, act.client)}: {_in_words(act)}",
                        why=_short(act.reason),
                    )


def _in_words(act: Act) -> str:
    version = _version(act)
    match act.outcome:
        case "promoted":
            return f"version {version} is the champion now"
        case "refused":
            return f"version {version} was refused, {act.champion} stays the champion"
        case "in_shadow":
            return f"version {version} passed the gate and is in the shadow"
        case "rolled_back":
            return f"version {act.champion} was rolled back to {version}"
        case _:
            return "no new version could be made"


def _version(act: Act) -> int | None:
    """Return the version that an act is about: the challenger, or the one that is back."""
    if act.guard is not None:
        return act.guard.guard.before
    if act.shadow is not None:
        return act.shadow.version
    return None if act.contest is None else act.contest.challenger


def _shifts(overview: Overview) -> Iterator[tuple[str, Shift]]:
    """Yield all that was compared with training."""
    if overview.scores is not None:
        yield "scores", overview.scores
    if overview.texts is not None:
        yield "words", overview.texts.words
        yield "unseen words", overview.texts.unseen
        if overview.texts.domain is not None:
            yield "texts", Shift(overview.texts.domain.value, 0.5, overview.texts.domain_drifted)


def _drift(overview: Overview, id_: str, what: str, shift: Shift) -> Happening:
    return Happening(
        id=id_,
        at=overview.at,
        kind="drift",
        severity=_SEVERITY["drift"],
        model=overview.model,
        client=None,
        version=overview.champion,
        what=f"{overview.model}: {what} have drifted",
        why=f"They are at {shift.value:.3f}, where {shift.usual:.3f} is usual for version {overview.champion}.",
    )


def _who(overview: Overview, client: str | None) -> str:
    return overview.model if client is None else f"{overview.model}, {alias_of('champion', client)}"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
