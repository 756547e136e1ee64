"""`surtitle label-next`: from events to a file, and from its labels to the quality of all events."""

import csv
import json
import random
from pathlib import Path

import pytest

from surtitle.errors import ExitCode
from tests.cli.conftest import FRIENDLY, RUDE, Run

N = 800
FAST = ("--set", "evaluate.resamples=100")


@pytest.fixture
def events(trained: Path) -> Path:
    """Events of a later day, with a word that training did not know, and the truth beside them."""
    rng = random.Random(3)
    path = trained / "events.jsonl"
    truth = {}
    with path.open("w") as file:
        for number in range(N):
            rude = rng.random() < 0.3
            text = f"{rng.choice(RUDE if rude else FRIENDLY)} round {number}"
            text += " you numpty" if rude and rng.random() < 0.2 else ""
            truth[f"n{number}"] = str(int(rude != (rng.random() < 0.1)))
            file.write(json.dumps({"id": f"n{number}", "body": text, "forum": rng.choice(["go", "chess"])}) + "\n")
    (trained / "truth.json").write_text(json.dumps(truth))
    return path


def fill_in(path: Path, truth: dict[str, str]) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(row | {"label": truth[row["id"]]} for row in rows)
    return rows


def test_from_the_choice_to_the_quality_of_all_events(trained: Path, events: Path, here: Path, run: Run) -> None:
    stream = run("stream", "--project", trained, "--in", events, "--out", trained / "decisions.jsonl")
    assert stream.code == ExitCode.DONE
    ran = run("label-next", "60", "--texts", events, "--random", "0.5", "--project", trained)
    assert ran.code == ExitCode.DONE, ran.err
    assert ran.out.startswith("to-label.csv: 60 of 800 events")
    truth = json.loads((trained / "truth.json").read_text())
    rows = fill_in(here / "to-label.csv", truth)
    assert {row["why"].partition(":")[0] for row in rows} == {"uncertain", "new term", "random"}
    assert "new term: numpty" in {row["why"] for row in rows}
    assert sum(float(row["weight"]) for row in rows) == pytest.approx(N)
    assert run("labels", "add", here / "to-label.csv", "--project", trained).code == ExitCode.DONE
    watched = run("watch", "--project", trained, "--json", *FAST).json()
    (choice,) = watched["selections"]
    assert (choice["asked"], choice["labelled"], choice["population"]) == (60, 60, N)
    share = sum(label == "1" for label in truth.values()) / N
    assert choice["quality"]["positives"]["low"] <= share <= choice["quality"]["positives"]["high"]
    # What was asked for a reason does not count as if it were like the others.
    drawn = sum(row["why"] == "random" for row in rows)
    whole = [each["quality"] for each in watched["periods"] if each["quality"]["client"] is None]
    assert sum(each["n_labelled"] for each in whole) == drawn
    shown = run("watch", "--project", trained, *FAST)
    assert "choice 1 of" in shown.out
    assert "60 of 60 labelled; of all 800 events, weighted: AUC" in shown.out


def test_what_has_a_label_is_not_asked_for_again(trained: Path, events: Path, here: Path, run: Run) -> None:
    first = run("label-next", "40", "--texts", events, "--project", trained, "--json").json()
    fill_in(here / "to-label.csv", dict.fromkeys((event["id"] for event in first["events"]), "1"))
    run("labels", "add", here / "to-label.csv", "--project", trained)
    second = run("label-next", "40", "--texts", events, "--project", trained, "--out", "b.jsonl", "--json").json()
    assert (first["number"], second["number"]) == (1, 2)
    assert second["population"] == N - 40
    assert not {event["id"] for event in first["events"]} & {event["id"] for event in second["events"]}
    lines = [json.loads(line) for line in (here / "b.jsonl").read_text().splitlines()]
    assert lines == second["events"]


def test_texts_of_training_are_not_asked_for(trained: Path, here: Path, run: Run) -> None:
    found = run("label-next", "10", "--texts", trained.parent / "comments.csv", "--project", trained, "--json").json()
    assert 0 < found["population"] < 300  # only those kept for the test are new to the model


def test_one_client_at_a_time(trained: Path, events: Path, here: Path, run: Run) -> None:
    found = run("label-next", "10", "--texts", events, "--client", "go", "--project", trained, "--json").json()
    assert {event["client"] for event in found["events"]} == {"go"}
    assert found["population"] < N


def test_the_stream_s_input_is_where_events_are(trained: Path, events: Path, here: Path, run: Run) -> None:
    found = run("label-next", "5", "--project", trained, "--set", f"stream.input={events.name}", "--json").json()
    assert found["population"] == N


def test_few_events_are_all_asked_for(trained: Path, here: Path, run: Run) -> None:
    few = trained / "few.jsonl"
    few.write_text("".join(json.dumps({"id": f"f{n}", "body": f"=cmd|{n} quite new {n}"}) + "\n" for n in range(3)))
    found = run("label-next", "100", "--texts", few, "--project", trained, "--json").json()
    assert [event["weight"] for event in found["events"]] == [1.0, 1.0, 1.0]
    assert "'=cmd|" in (here / "to-label.csv").read_text()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("10",), "--texts FILE"),
        (("10", "--texts", "nowhere.jsonl"), "nowhere.jsonl"),
        (("0", "--texts", "events.jsonl"), "greater than or equal to 1"),
        (("10", "--random", "0", "--texts", "events.jsonl"), "random"),
        (("10", "--texts", "{events}", "--client", "nobody"), "no event of client nobody"),
        (("10", "--texts", "{events}", "--out", "no/such/place.csv"), "--out"),
    ],
)
def test_wrong_use_is_said(
    trained: Path, events: Path, here: Path, run: Run, arguments: tuple[str, ...], told: str
) -> None:
    ran = run("label-next", *(word.format(events=events) for word in arguments), "--project", trained)
    assert ran.code == ExitCode.WRONG_INPUT
    assert told in ran.err


def test_a_file_that_may_hold_labels_is_kept(trained: Path, events: Path, here: Path, run: Run) -> None:
    (here / "to-label.csv").write_text("id,label\nn1,1\n")
    ran = run("label-next", "10", "--texts", events, "--project", trained)
    assert ran.code == ExitCode.WRONG_INPUT
    assert "maybe with labels in it" in ran.err
    assert (here / "to-label.csv").read_text() == "id,label\nn1,1\n"


def test_events_without_an_identifier_are_refused(trained: Path, here: Path, run: Run) -> None:
    (here / "plain.jsonl").write_text('{"body": "hello there"}\n')
    ran = run("label-next", "10", "--texts", "plain.jsonl", "--project", trained)
    assert ran.code == ExitCode.WRONG_INPUT
    assert "no column 'id'; there are: body" in ran.err


def test_without_a_version_there_is_nothing_to_choose_by(project: Path, here: Path, run: Run) -> None:
    (here / "e.jsonl").write_text('{"id": "1", "body": "hello there"}\n')
    ran = run("label-next", "10", "--texts", "e.jsonl", "--project", project)
    assert ran.code == ExitCode.WRONG_INPUT
    assert "surtitle train" in ran.err
