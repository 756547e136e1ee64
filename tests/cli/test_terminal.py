"""What is shown, and that a user's text stays a text."""

import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surtitle.cli._terminal import console, metric_rows, print_json, say, show, storable, table, visible
from surtitle.records import Interval


@given(st.text())
def test_nothing_invisible_is_left(text: str) -> None:
    assert visible(text).isprintable()


@given(st.text(st.characters(exclude_categories=["C", "Z"])))
def test_printable_text_stays_as_it_is(text: str) -> None:
    assert visible(text) == text


def test_what_is_kept_is_kept() -> None:
    assert visible("a\nb\tc", keep="\n") == "a\nb\\tc"


@pytest.mark.parametrize("text", ["[red]no[/red]", ":smile:", "[/]", "a [link=x]b", "\\[x]"])
def test_markup_in_cells_and_text_is_shown_as_it_is(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    show(table(["text"], [[text]]), text)
    assert capsys.readouterr().out.count(text) == 2


def test_lines_are_not_broken_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    show("word " * 200)
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_no_colours_where_there_is_no_terminal() -> None:
    stream = io.StringIO()
    console(stream).print("x", style="red")
    assert stream.getvalue() == "x\n"


def test_json_is_one_line_and_knows_paths_and_times(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"path": Path("a/b"), "time": datetime(2026, 1, 1, tzinfo=UTC), "interval": Interval(1, 0, 2)})
    shown = capsys.readouterr().out
    assert shown.count("\n") == 1
    assert json.loads(shown) == {
        "path": "a/b",
        "time": "2026-01-01T00:00:00Z",
        "interval": {"value": 1, "low": 0, "high": 2},
    }


def test_talk_goes_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    say("well")
    say("oh", failed=True)
    assert capsys.readouterr() == ("", "well\nerror: oh\n")


def test_metrics_have_their_usual_names_and_order() -> None:
    rows = metric_rows({"own": Interval(1, 1, 1), "macro_f1": Interval(0.7, 0.6, 0.8), "auc": Interval(0.8, 0.7, 0.9)})
    assert [row[0] for row in rows] == ["AUC", "macro F1", "own"]
    assert rows[0] == ["AUC", "0.800", "0.700 to 0.900"]


@given(st.text(st.characters()))
def test_what_is_storable_can_be_stored(text: str) -> None:
    assert len(storable(text).encode().decode()) == len(text)


def test_other_values_are_storable_as_they_are() -> None:
    assert [storable(value) for value in (None, 1, 0.5)] == [None, 1, 0.5]
