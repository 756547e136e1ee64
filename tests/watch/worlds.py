"""A project whose champion decides made-up comments while their labels come late, one moment after another."""

import shutil
import zlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from surtitle.cycle import registry_of, train
from surtitle.cycle.opening import load_scorer
from surtitle.inbox import DecisionInbox, LabelInbox, LateLabel
from surtitle.project import Project, load_project
from surtitle.records import Decision
from surtitle.watch.loop import Pass, act_once
from tests.watch.histories import DAY, START, Row, write_history

FIRST = 10  # days that the first model is made of


class World:
    """A project, what is written in it, and the loop at work on it.

    Parameters
    ----------
    folder : Path
        The project's.
    rows : sequence of Row
        All that is ever written, in order of time.
    overrides : str
        Settings.
    begun : datetime
        When the first model was made.
    """

    def __init__(
        self, folder: Path, rows: Sequence[Row], *overrides: str, begun: datetime = START + FIRST * DAY
    ) -> None:
        self.folder, self.rows, self.overrides, self.begun = folder, rows, overrides, begun

    @property
    def project(self) -> Project:
        """The project as it is now."""
        return load_project(self.folder, self.overrides)

    def begin(self) -> None:
        """Train the first model on what was written before."""
        self.folder.mkdir(parents=True, exist_ok=True)
        write_history(self.folder, self._until(self.begun))
        train(self.project, now=self.begun, environ={})

    def live(self, start: datetime, end: datetime, *, flipped: float = 0.0) -> None:
        """Let the champion decide what is written, and its labels come at the end, a share of them flipped."""
        before = self._until(start)
        now = [(time, text, label ^ (_draw(text) < flipped)) for time, text, label in self._until(end)[len(before) :]]
        self.decide(now)
        self.label(now, end)
        write_history(self.folder, [*before, *now])

    def decide(self, rows: Iterable[Row], alias: str = "champion") -> None:
        """Keep what a version says of some comments, as the service does."""
        rows = list(rows)
        project = self.project
        version = registry_of(project).find(alias)
        scored = load_scorer(project, version).score([text for _, text, _ in rows])
        inbox = DecisionInbox(project.state, 1_000_000)
        inbox.add(
            [
                Decision(
                    id=text.rpartition(" ")[2],
                    model="m",
                    version=version.number,
                    client=None,
                    reasons=(),
                    score=each.score,
                    action=each.action,
                    event_time=time,
                    decided_at=time,
                )
                for (time, text, _), each in zip(rows, scored, strict=True)
            ]
        )
        inbox.close()

    def label(self, rows: Iterable[Row], at: datetime) -> None:
        """Let labels of some comments come."""
        inbox = LabelInbox(self.project.state)
        inbox.add([LateLabel(text.rpartition(" ")[2], str(label), at) for _, text, label in rows], now=at)
        inbox.close()

    def act(self, now: datetime) -> Pass:
        """Let the loop make one pass."""
        return act_once(self.project, now=now, environ={})

    def champion(self) -> int:
        """Return the version that decides."""
        return registry_of(self.project).aliases()["champion"]

    def copied(self, folder: Path) -> "World":
        """Return the same world in another folder."""
        shutil.copytree(self.folder, folder)
        return World(folder, self.rows, *self.overrides)

    def _until(self, moment: datetime) -> list[Row]:
        return [row for row in self.rows if row[0] < moment]


def _draw(text: str) -> float:
    """Return a number between 0 and 1, always the same for a text."""
    return zlib.crc32(text.encode()) / 2**32
