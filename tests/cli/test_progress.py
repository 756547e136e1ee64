"""Progress on a terminal and elsewhere."""

import contextlib
import io

import pytest

from surtitle.cli._progress import _Bars, reporting


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_elsewhere_nothing_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with reporting() as reporter:
        reporter.start("read", 10)
        reporter.advance(10)
        reporter.done("10 rows")
    assert capsys.readouterr() == ("", "")


def test_a_terminal_gets_bars_that_end_as_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Terminal()
    monkeypatch.setattr("sys.stderr", stream)
    monkeypatch.setenv("TERM", "xterm")
    with reporting() as reporter:
        assert isinstance(reporter, _Bars)
        reporter.advance(1)  # before any stage: nothing to move
        reporter.start("read [red]file[/]", 10)
        reporter.advance(5)
        reporter.start("then another")
        reporter.done("10 rows of [red]file[/]")
    assert "✓ 10 rows of [red]file[/]" in stream.getvalue()


def test_an_error_ends_the_bars(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", Terminal())
    with contextlib.suppress(ZeroDivisionError), reporting() as reporter:
        reporter.start("read")
        raise ZeroDivisionError
    with reporting() as reporter:  # a live display left open would refuse a second one
        reporter.done("again")
