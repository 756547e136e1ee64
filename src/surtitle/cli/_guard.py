"""Exceptions -> a message on stderr and a named exit code."""

import errno
import os
import sys
import traceback
from collections.abc import Callable

import typer

from surtitle.cli._terminal import say
from surtitle.errors import ExitCode, SurtitleError

__all__ = ["PipeClosedError", "guarded"]

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
    except SurtitleError as error:
        return _tell(str(error), error.exit_code)
    except typer.TyperException as error:
        return _tell(f"{error.format_message()}\nSee: {_command_of(error)} --help", ExitCode.WRONG_INPUT)
    except (KeyboardInterrupt, typer.Abort):
        code = ExitCode.INTERRUPTED
    except MemoryError:
        return _tell("out of memory; use a machine with more, or less data", ExitCode.SURROUNDINGS)
    except (BrokenPipeError, PipeClosedError):
        return _close_quietly()
    except OSError as error:
        return _tell_of_surroundings(error)
    except Exception:  # the last resort: everything that is expected has been caught above
        traceback.print_exc()
        return _tell(
            "this is a defect of Surtitle, not of your input; please report it with the lines above", ExitCode.DEFECT
        )
    if code == ExitCode.INTERRUPTED:
        return _tell("interrupted; nothing half-written is used, run the same command again", ExitCode.INTERRUPTED)
    return code


def _tell(message: str, code: ExitCode) -> int:
    say(message, failed=True)
    return int(code)


def _command_of(error: typer.TyperException) -> str:
    context = getattr(error, "ctx", None)
    return str(context.command_path) if context else "surtitle"


def _tell_of_surroundings(error: OSError) -> int:
    where = f"{error.filename}: " if error.filename else ""
    what = _REMEDIES.get(error.errno or 0, error.strerror or str(error))
    if error.filename is None and error.errno == errno.ENOSPC:
        _silence(sys.stdout)
    return _tell(f"{where}{what}", ExitCode.SURROUNDINGS)


def _close_quietly() -> int:
    # Whoever read the output has had enough of it, as `head` does; that is no fault.
    _silence(sys.stdout)
    return int(ExitCode.DONE)


def _silence(stream: object) -> None:
    """Keep Python from failing once more when it flushes `stream` at exit."""
    try:
        number = stream.fileno()  # type: ignore[attr-defined]  # a stream without one has nothing to flush
    except (OSError, AttributeError):
        return
    os.dup2(os.open(os.devnull, os.O_WRONLY), number)
