"""What one commit changes in the state, and what is read back. PURE."""

from collections.abc import Mapping
from typing import Any

import msgspec

from surtitle.stream.letters import DeadLetter
from surtitle.stream.ports import Lines
from surtitle.stream.tally import Tally
from surtitle.stream.watermark import BEGINNING
from surtitle.stream.windows import Stored

__all__ = ["Change", "HeldLetter", "Identity", "Recovered"]


class Identity(msgspec.Struct, frozen=True):
    """Whose state it is; another one's is refused.

    Parameters
    ----------
    project, stream, scope : str
        Of the project, the stream's name, the scope.
    source, sink : str
        Where records come from and outputs go, without secrets.
    """

    project: str
    stream: str
    scope: str
    source: str
    sink: str


class Change(msgspec.Struct, kw_only=True):
    """Everything that one commit writes.

    Parameters
    ----------
    positions : mapping of str to str
        The resume position of each partition.
    latest : mapping of str to int
        The largest event time of each partition.
    watermark : int
        How far event time has come.
    version : int or None
        The model that decided.
    stored : list of Stored
        How windows and rates have changed.
    letters : list of DeadLetter
        What could not be read or decided.
    played : list of int
        Ids of letters that were tried again; they go, and come back as `letters` if they failed again.
    tally : Tally
        The sums so far, this commit's included.
    figures : mapping
        What `status` shows besides: rates, lag, open windows.
    sink_position : str or None
        As of `Sink.position`.
    outbox : list of Lines
        What still has to be written after this commit. What the outbox held before is gone.
    committed_at : str
        When, ISO 8601.
    """

    positions: Mapping[str, str] = {}
    latest: Mapping[str, int] = {}
    watermark: int = BEGINNING
    version: int | None = None
    stored: list[Stored] = []
    letters: list[DeadLetter] = []
    played: list[int] = []
    tally: Tally = msgspec.field(default_factory=Tally)
    figures: Mapping[str, Any] = {}
    sink_position: str | None = None
    outbox: list[Lines] = []
    committed_at: str = ""


class HeldLetter(msgspec.Struct, frozen=True):
    """A dead letter in the state.

    Parameters
    ----------
    id : int
        Its number there.
    letter : DeadLetter
        The letter.
    died_at : str
        When, ISO 8601.
    again : bool
        Whether it is to be tried again.
    """

    id: int
    letter: DeadLetter
    died_at: str
    again: bool


class Recovered(msgspec.Struct, frozen=True, kw_only=True):
    """What the state holds: everything that is needed to go on.

    Parameters
    ----------
    epoch : int
        Of the last commit; 0: there was none.
    prepared : int or None
        The epoch that was prepared and neither taken over nor thrown away.
    change : Change
        Sums, positions and windows as they are: what a single commit from nothing to here would hold.
    """

    epoch: int
    prepared: int | None
    change: Change
