"""From all the places where decisions and labels are written into the join, each from where it was left."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from surtitle.durations import parse_duration
from surtitle.errors import Fault
from surtitle.inbox.decisions import DECISIONS_FILE, forget_decisions
from surtitle.inbox.labels import LABELS_FILE
from surtitle.progress import SILENT, Reporter
from surtitle.project import Project
from surtitle.watch.reading import read_decided, read_decision_file, read_labels, read_shadow
from surtitle.watch.store import WatchStore

__all__ = ["DecisionFile", "Gathered", "gather"]

SHADOW_FILE = "shadow.db"


class DecisionFile(msgspec.Struct, frozen=True):
    """A file that a stream writes its decisions to.

    Parameters
    ----------
    path : Path
        Absolute.
    until : int or None
        How many bytes of it are committed; None: all of it.
    """

    path: Path
    until: int | None = None


class Gathered(msgspec.Struct, frozen=True):
    """What has come since the last time.

    Parameters
    ----------
    decisions : int
        New decisions. One that had come before, from whichever place, is not among them.
    labels : int
        Labels read.
    bad_lines : int
        Lines of the files that are no decisions; they are passed over.
    faults : tuple of Fault
        The first 20 of them.
    dropped : int
        Decisions older than is kept.
    """

    decisions: int
    labels: int
    bad_lines: int
    faults: tuple[Fault, ...]
    dropped: int


def gather(
    project: Project, store: WatchStore, files: Sequence[DecisionFile], *, reporter: Reporter = SILENT
) -> Gathered:
    """Read decisions and labels from where each was left, and join them.

    The service's inbox and shadow and the labels' inbox are read in any case. What was joined is taken out of the
    service's inbox, and what is older than `watch.keep` before the latest event out of the join.

    Parameters
    ----------
    project : Project
        Whose state folder to read.
    store : WatchStore
        Where to join.
    files : sequence of DecisionFile
        The streams' outputs.
    reporter : Reporter
        Told of each row.

    Raises
    ------
    DataError
        If a file cannot be read, or is none of decisions.
    SurroundingsError
        If the disk is full or may not be written. What was joined before stays joined.
    """
    state = project.state
    reporter.start("join decisions and labels")
    new = labels = bad = 0
    faults: list[Fault] = []
    inbox = state / DECISIONS_FILE
    sources = [
        *((str(each.path), read_decision_file(each.path, store.position(str(each.path)), until=each.until))
          for each in files),
        (DECISIONS_FILE, read_decided(inbox, store.position(DECISIONS_FILE))),
        (SHADOW_FILE, read_shadow(state / SHADOW_FILE, store.position(SHADOW_FILE))),
    ]  # fmt: skip
    for source, batches in sources:
        for batch in batches:
            new += store.add_decisions(batch.rows, source=source, position=batch.position)
            bad += batch.bad_lines
            faults += batch.faults[: 20 - len(faults)]
            reporter.advance(len(batch.rows))
    forget_decisions(inbox, store.position(DECISIONS_FILE).offset)
    for found in read_labels(state / LABELS_FILE, store.position(LABELS_FILE)):
        store.add_labels(found.rows, source=LABELS_FILE, position=found.position)
        labels += len(found.rows)
        reporter.advance(len(found.rows))
    dropped = _forget_old(store, project)
    reporter.done(f"{new:,} new decisions, {labels:,} labels")
    return Gathered(new, labels, bad, tuple(faults), dropped)


def _forget_old(store: WatchStore, project: Project) -> int:
    """Drop what is too old by event time, not by the clock: who joins the decisions of years ago wants them kept."""
    span = store.span()
    return store.forget_before(span[1] - parse_duration(project.settings.watch.keep)) if span else 0
