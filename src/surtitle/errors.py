"""Every error of the package, in one tree.

::

    SurtitleError
    ├── UsageError            wrong use or wrong input; exit code 2
    │   ├── SettingsError     surtitle.toml or --set: every fault at once
    │   ├── DataError         labelled data that cannot be read or used
    │   ├── ArtefactError     a saved model that is missing, edited, truncated or too new
    │   ├── RegistryError     a version or alias that is not there
    │   ├── StreamError       a stream that cannot be what was asked, or a state that is not its own
    │   └── MissingExtraError an optional package is not installed
    └── SurroundingsError     disk, broker, network; exit code 3

An expected "no" (a failed check, a gate that refuses) is a result, not an error; it exits with code 1. Any exception
that is none of these is a defect of Surtitle itself; the command line shows its traceback and exits with code 70.
"""

from collections.abc import Sequence
from enum import IntEnum

import msgspec

__all__ = [
    "ArtefactError",
    "DataError",
    "ExitCode",
    "Fault",
    "MissingExtraError",
    "RegistryError",
    "SettingsError",
    "StreamError",
    "SurroundingsError",
    "SurtitleError",
    "UsageError",
]


class ExitCode(IntEnum):
    """What a command's exit status means."""

    DONE = 0
    REFUSED = 1
    WRONG_INPUT = 2
    SURROUNDINGS = 3
    DEFECT = 70
    INTERRUPTED = 130


class Fault(msgspec.Struct, frozen=True):
    r"""One thing that is wrong: where, what, and what to do about it.

    Examples
    --------
    >>> print(Fault("train.c", "must be above 0, got -1", "set it to 1.0 or to \"auto\""))
    train.c: must be above 0, got -1; set it to 1.0 or to "auto"
    """

    where: str
    what: str
    remedy: str = ""

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        return f"{text}; {self.remedy}" if self.remedy else text


class SurtitleError(Exception):
    """Base of every error that the package raises on purpose.

    Parameters
    ----------
    message : str
        What happened, where, and what to do next.
    faults : sequence of Fault
        The single faults, when there are several.
    """

    exit_code = ExitCode.WRONG_INPUT

    def __init__(self, message: str, faults: Sequence[Fault] = ()) -> None:
        lines = [message, *(f"  - {fault}" for fault in faults)]
        super().__init__("\n".join(lines))
        self.message = message
        self.faults = tuple(faults)


class UsageError(SurtitleError):
    """The command or function was used wrongly."""


class SettingsError(UsageError):
    """The settings hold faults; `faults` lists all of them, each with its path."""


class DataError(UsageError):
    """Labelled data that cannot be read or used; `faults` lists what is wrong, with file and row."""


class ArtefactError(UsageError):
    """A saved model that is missing, edited, truncated, or written by a newer Surtitle."""


class RegistryError(UsageError):
    """A version or an alias that does not exist, or a move that makes no sense."""


class StreamError(UsageError):
    """A guarantee that a source or sink cannot give, or a state, source or sink that does not belong to this stream."""


class MissingExtraError(UsageError):
    """An optional package is missing.

    Parameters
    ----------
    package : str
        What could not be imported.
    extra : str
        The extra that brings it.
    """

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(f"{package} is not installed; run: pip install 'surtitle[{extra}]'")


class SurroundingsError(SurtitleError):
    """The disk, a broker or the network failed; nothing is wrong with the input."""

    exit_code = ExitCode.SURROUNDINGS
