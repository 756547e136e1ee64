"""Exceptions become messages and exit codes."""

import errno
import os
from collections.abc import Callable

import pytest
import typer

from surtitle.cli._guard import PipeClosedError, guarded
from surtitle.errors import DataError, ExitCode, Fault, SurroundingsError


def raising(error: BaseException) -> Callable[[], int]:
    def run() -> int:
        raise error

    return run


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (
            DataError("bad rows", [Fault("a.csv:3", "is empty")]),
            ExitCode.WRONG_INPUT,
            "bad rows\n  - a.csv:3: is empty",
        ),
        (SurroundingsError("disk full in /x"), ExitCode.SURROUNDINGS, "disk full in /x"),
        (typer.BadParameter("no such thing"), ExitCode.WRONG_INPUT, "no such thing"),
        (KeyboardInterrupt(), ExitCode.INTERRUPTED, "interrupted; "),
        (typer.Abort(), ExitCode.INTERRUPTED, "interrupted; "),
        (MemoryError(), ExitCode.SURROUNDINGS, "out of memory"),
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/x/y"), ExitCode.SURROUNDINGS, "/x/y: the disk is full"),
        (OSError(errno.EACCES, os.strerror(errno.EACCES), "/x"), ExitCode.SURROUNDINGS, "/x: permission denied"),
        (OSError(errno.EROFS, os.strerror(errno.EROFS), "/x"), ExitCode.SURROUNDINGS, "/x: the disk is read-only"),
        (OSError(errno.EIO, os.strerror(errno.EIO), "/x"), ExitCode.SURROUNDINGS, "/x: Input/output error"),
    ],
)
def test_an_expected_exception_is_told_without_a_traceback(
    error: BaseException, code: ExitCode, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert guarded(raising(error)) == code
    shown = capsys.readouterr()
    assert message in shown.err
    assert "Traceback" not in shown.err
    assert shown.out == ""


def test_an_unexpected_exception_shows_its_traceback_and_asks_for_a_report(capsys: pytest.CaptureFixture[str]) -> None:
    assert guarded(raising(ZeroDivisionError("inside"))) == ExitCode.DEFECT
    shown = capsys.readouterr().err
    assert "ZeroDivisionError: inside" in shown
    assert "a defect of Surtitle, not of your input; please report it" in shown


def test_an_interrupt_that_typer_has_caught_is_told_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert guarded(lambda: 130) == ExitCode.INTERRUPTED
    assert "interrupted; " in capsys.readouterr().err


@pytest.mark.parametrize("error", [BrokenPipeError(), PipeClosedError()])
def test_a_closed_pipe_is_quiet(error: Exception, capfd: pytest.CaptureFixture[str]) -> None:
    assert guarded(raising(error)) == ExitCode.DONE
    assert capfd.readouterr().err == ""


def test_the_code_of_a_command_is_passed_on() -> None:
    assert guarded(lambda: ExitCode.REFUSED) == ExitCode.REFUSED


def test_markup_and_escapes_in_a_message_do_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    guarded(raising(DataError("column '[bold red]x[/]\x1b[2J' is not there")))
    assert capsys.readouterr().err == "error: column '[bold red]x[/]\\x1b[2J' is not there\n"
