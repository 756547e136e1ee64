"""Exceptions -> a message on stderr and a named exit code."""

import errno
import os
import sys
import traceback
from collections.abc import Callable

from surtitle.cli._terminal import say

__all__ = ["PipeClosedError", "guarded"]

_INTERRUPTED = 130
_REMEDIES = {
    errno.ENOSPC: "the disk is full; free some space and run the command again",
    errno.EDQUOT: "the disk quota is used up; free some space and run the command again",
    errno.EROFS: "the disk is read-only; choose another folder",
    errno.EACCES: "permission denied; change its permissions or choose another folder",
    errno.EPERM: "not permitted; change its permissions or choose another folder",
    errno.EMFILE: "too many open files; raise the limit (ulimit -n)",
}


class PipeClosedError(Exception):
    """Whoever read the output has closed it."""


def guarded(run: Callable[[], int]) -> int:
    """Run a command; tell of what went wrong in plain words and return the exit code for it."""
    try:
        code = run()
        sys.stdout.flush()
    except KeyboardInterrupt:
        code = _INTERRUPTED
    except Exception as error:
        code = _explain(error)
    if code == _INTERRUPTED:
        return _tell("interrupted; nothing half-written is used, run the same command again", _INTERRUPTED)
    return code


def _explain(error: Exception) -> int:
    # Imported when there is something to explain: what is imported here delays every command.
    import typer

    from surtitle.errors import ExitCode, SurtitleError

    match error:
        case SurtitleError():
            return _tell(str(error), error.exit_code)
        case typer.TyperException():
            return _tell(f"{error.format_message()}\nSee: {_command_of(error)} --help", ExitCode.WRONG_INPUT)
        case typer.Abort():
            return _INTERRUPTED
        case MemoryError():
            return _tell("out of memory; use a machine with more, or less data", ExitCode.SURROUNDINGS)
        case BrokenPipeError() | PipeClosedError():
            return _close_quietly()
        case OSError():
            return _tell_of_surroundings(error)
    traceback.print_exception(error)
    return _tell(
        "this is a defect of Surtitle, not of your input; please report it with the lines above", ExitCode.DEFECT
    )


def _tell(message: str, code: int) -> int:
    say(message, failed=True)
    return int(code)


def _command_of(error: Exception) -> str:
    context = getattr(error, "ctx", None)
    return str(context.command_path) if context else "surtitle"


def _tell_of_surroundings(error: OSError) -> int:
    from surtitle.errors import ExitCode

    where = f"{error.filename}: " if error.filename else ""
    what = _REMEDIES.get(error.errno or 0, error.strerror or str(error))
    if error.filename is None and error.errno == errno.ENOSPC:
        _silence(sys.stdout)
    return _tell(f"{where}{what}", ExitCode.SURROUNDINGS)


def _close_quietly() -> int:
    # Whoever read the output has had enough of it, as `head` does; that is no fault.
    _silence(sys.stdout)
    return 0


def _silence(stream: object) -> None:
    """Keep Python from failing once more when it flushes `stream` at exit."""
    try:
        number = stream.fileno()  # type: ignore[attr-defined]  # a stream without one has nothing to flush
    except (OSError, AttributeError):
        return
    os.dup2(os.open(os.devnull, os.O_WRONLY), number)
