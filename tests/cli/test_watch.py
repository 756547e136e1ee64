"""`surtitle watch`: from a stream's decisions and a file of verdicts to figures, a page and a verdict."""

import csv
import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from surtitle.errors import ExitCode
from tests.cli.conftest import Run
from tests.webhook.receiver import Receiver

FAST = ("--set", "evaluate.resamples=100", "--set", "watch.period=90d")


@pytest.fixture
def decided(trained: Path, run: Run) -> Path:
    """The trained project, whose stream has decided its comments, and a moderator's verdicts beside it."""
    comments = trained.parent / "comments.csv"
    out = trained / "decisions.jsonl"
    assert run("stream", "--project", trained, "--in", comments, "--out", out).code == 0
    with comments.open() as file, (trained / "verdicts.csv").open("w") as verdicts:
        verdicts.write("id,label,labelled_at\n")
        for row in csv.DictReader(file):
            verdicts.write(f"{row['id']},{row['removed']},{row['created_utc']}\n")
    return trained


def test_decisions_of_the_projects_streams_meet_late_labels(decided: Path, run: Run) -> None:
    before = run("watch", "--project", decided, "--json", *FAST).json()
    assert before["decisions"] == before["gathered"]["decisions"] == 600
    assert {each["quality"]["n_labelled"] for each in before["periods"]} == {0}
    assert run("labels", "add", decided / "verdicts.csv", "--project", decided).code == 0
    after = run("watch", "--project", decided, "--json", *FAST).json()
    whole = [each for each in after["periods"] if each["quality"]["client"] is None]
    assert sum(each["quality"]["n_labelled"] for each in whole) == after["labels"] == 600
    assert all(each["quality"]["auc"]["value"] > 0.75 for each in whole)
    assert after["gathered"]["decisions"] == 0
    assert {each["quality"]["client"] for each in after["periods"]} == {None, "chess", "go"}
    assert [each["action"] for each in after["verdicts"]] == ["wait"]


def test_the_table_and_the_page_show_the_same(decided: Path, run: Run) -> None:
    run("labels", "add", decided / "verdicts.csv", "--project", decided)
    page = decided / "page.html"
    ran = run("watch", "--project", decided, "--page", page, "--clients", *FAST)
    assert ran.code == ExitCode.DONE
    assert "version 1 is the champion" in ran.out
    assert "chess" in ran.out
    assert "champion: wait" in ran.out
    text = page.read_text(encoding="utf-8")
    assert "<script" not in text
    assert "http" not in text.replace("http-equiv", "")
    svg = text[text.index("<svg") : text.index("</svg>") + 6]
    assert ET.fromstring(svg).tag == "svg"


def test_texts_are_compared_with_those_of_training(decided: Path, run: Run) -> None:
    comments = decided.parent / "comments.csv"
    same = run("watch", "--project", decided, "--texts", comments, "--json", *FAST).json()
    assert same["texts"]["n_texts"] == 600
    other = decided / "other.jsonl"
    other.write_text("".join(f'{{"body": "quite another matter entirely {n % 7}"}}\n' for n in range(300)))
    ran = run("watch", "--project", decided, "--texts", other, *FAST)
    assert "of the words are unseen" in ran.out
    assert "champion: alert" in ran.out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--decisions", "nowhere.jsonl"), "nowhere.jsonl"),
        (("--texts", "nowhere.csv"), "nowhere.csv"),
        (("--page", "no/such/folder/page.html"), "--page"),
        (("--set", "watch.period=soon"), "watch.period"),
    ],
)
def test_what_cannot_be_done_is_said(trained: Path, run: Run, arguments: tuple[str, str], told: str) -> None:
    ran = run("watch", "--project", trained, *arguments)
    assert ran.code == ExitCode.WRONG_INPUT
    assert told in ran.err


def test_a_texts_file_without_the_column_names_those_there_are(trained: Path, run: Run) -> None:
    verdicts = trained / "verdicts.csv"
    verdicts.write_text("id,label\nc1,1\n")
    ran = run("watch", "--project", trained, "--texts", verdicts)
    assert ran.code == ExitCode.WRONG_INPUT
    assert "there are: id, label" in ran.err


def test_a_project_without_decisions_says_how_to_get_some(trained: Path, run: Run) -> None:
    ran = run("watch", "--project", trained)
    assert ran.code == ExitCode.DONE
    assert "no decisions yet" in ran.err


def test_a_version_without_a_sketch_is_watched_without_drift(decided: Path, run: Run) -> None:
    for sketch in (decided / ".surtitle" / "registry" / "versions").glob("*/sketch.json"):
        sketch.unlink()
    found = run("watch", "--project", decided, "--json", *FAST).json()
    assert found["scores"] is None
    assert "train again" in found["notes"][0]


def test_a_project_without_a_version_is_refused(project: Path, run: Run) -> None:
    ran = run("watch", "--project", project)
    assert ran.code == ExitCode.WRONG_INPUT
    assert "surtitle train" in ran.err


def test_alerts_are_told_once_and_what_fails_stops_nothing(decided: Path, run: Run) -> None:
    with Receiver() as receiver:
        channels = f'alerts.webhooks=["{receiver.url}", "http://127.0.0.1:1/"]'
        other = decided / "other.jsonl"
        other.write_text("".join(f'{{"body": "quite another matter entirely {n % 7}"}}\n' for n in range(300)))
        arguments = ("--project", decided, "--texts", other, *FAST, "--set", channels, "--set", "alerts.attempts=1")
        quiet = run("watch", *arguments)
        assert receiver.got == []
        first = run("watch", "--alert", *arguments, "--set", "alerts.metrics_file=watch.prom")
        again = run("watch", "--alert", *arguments)
        assert {quiet.code, first.code, again.code} == {ExitCode.DONE}
        kinds = [[each["kind"] for each in json.loads(got.body)["alerts"]] for got in receiver.got]
    assert len(kinds) == 1
    assert set(kinds[0]) == {"drift"}
    assert "alerts sent" in first.err
    assert "alerts sent" not in again.err
    assert "not taken, and sent again at the next look: cannot be reached" in again.err
    assert "surtitle_watch_drifted" in (decided / "watch.prom").read_text()


def test_a_look_that_fails_is_an_alert(project: Path, run: Run) -> None:
    with Receiver() as receiver:
        arguments = ("watch", "--alert", "--project", project, "--set", f'alerts.webhooks=["{receiver.url}"]')
        assert {run(*arguments).code for _ in range(2)} == {ExitCode.WRONG_INPUT}
        (got,) = receiver.got
    assert json.loads(got.body)["alerts"][0]["kind"] == "failed"


def test_the_loop_tells_without_being_asked(decided: Path, run: Run) -> None:
    other = decided / "other.jsonl"
    other.write_text("".join(f'{{"body": "quite another matter entirely {n % 7}"}}\n' for n in range(300)))
    with Receiver() as receiver:
        channel = f'alerts.webhooks=["{receiver.url}"]'
        ran = run("watch", "--act", "--project", decided, "--texts", other, *FAST, "--set", channel)
        assert ran.code == ExitCode.DONE, ran.err
        (got,) = receiver.got
    assert {each["kind"] for each in json.loads(got.body)["alerts"]} == {"drift"}
