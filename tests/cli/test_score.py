"""`surtitle score`: arguments, lines, files, explanations."""

import csv
import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from surtitle.cli.score import _line_batches
from surtitle.errors import ExitCode
from tests.cli.conftest import Ran, Run

RUDE, KIND = "you are a DUMMY!!!!", "thank you for the game"


@pytest.fixture
def piped(run: Run, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ran]:
    """Return a function that runs `surtitle score` behind a pipe."""

    def call(project: Path, *arguments: str, stdin: bytes) -> Ran:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        return run("score", "--project", project, *arguments)

    return call


def test_texts_are_scored_and_shown(trained_once: Path, run: Run) -> None:
    ran = run("score", "--project", trained_once, RUDE, KIND)
    assert ran.code == ExitCode.DONE, ran.err
    rude, kind = (line.split() for line in ran.out.splitlines()[-2:])
    assert float(rude[0]) > 0.6 > 0.4 > float(kind[0])
    assert (rude[1], kind[1]) == ("1", "0")


def test_json_gives_scores_and_version(trained_once: Path, run: Run) -> None:
    result = run("score", "--project", trained_once, RUDE, KIND, "--json").json()
    assert result["version"] == 1
    rude, kind = result["results"]
    assert rude["text"] == RUDE
    assert rude["score"] == pytest.approx(rude["probabilities"]["1"])
    assert kind["action"] in ("allow", "review", "remove")


@pytest.mark.parametrize("text", ["", " ", "\0", "!" * 9000, "[red]x[/red]", "🙃" * 50, "caf\udce9", "a\nb\tc\x1b[2J"])
def test_any_text_can_be_scored(trained_once: Path, run: Run, text: str) -> None:
    for flag in ("--json", "--explain"):
        ran = run("score", "--project", trained_once, flag, "--", text)
        assert ran.code == ExitCode.DONE, ran.err
        assert "\x1b" not in ran.out


def test_an_explanation_goes_step_by_step(trained_once: Path, run: Run) -> None:
    out = run("score", "--project", trained_once, RUDE, "--explain").out
    steps = ["1  Text", "2  Cleaned", "3  Tokens", "4  Terms", "5  Score", "6  Action"]
    assert sorted(steps, key=out.index) == steps
    for part in ("you are a dummy!!!", "repeats", "lowercase", "dummy", "sum", "allow below"):
        assert part in out


def test_the_terms_of_an_explanation_add_up(trained_once: Path, run: Run) -> None:
    (explained,) = run("score", "--project", trained_once, RUDE, "--explain", "--json").json()["results"]
    total = explained["intercept"] + sum(term["contribution"] for term in explained["terms"])
    assert total == pytest.approx(explained["logit"])


def test_an_older_version_can_be_asked(trained_once: Path, run: Run) -> None:
    assert run("score", "--project", trained_once, KIND, "--model", "1", "--json").json()["version"] == 1
    ran = run("score", "--project", trained_once, KIND, "--model", "9")
    assert ran.code == ExitCode.WRONG_INPUT
    assert "9" in ran.err


def test_without_a_model_it_says_how_to_make_one(project: Path, run: Run) -> None:
    ran = run("score", "--project", project, KIND)
    assert ran.code == ExitCode.WRONG_INPUT
    assert "surtitle train" in ran.err


def test_lines_from_stdin_give_tab_separated_lines(trained_once: Path, piped: Callable[..., Ran]) -> None:
    ran = piped(trained_once, stdin=f"{RUDE}\r\n\n{KIND}\twith a tab".encode())
    lines = [line.split("\t") for line in ran.out.splitlines()]
    assert ran.code == ExitCode.DONE
    assert [line[3] for line in lines] == [RUDE, "", f"{KIND}\\twith a tab"]
    assert float(lines[0][0]) > 0.5


def test_lines_from_stdin_give_json_lines(trained_once: Path, piped: Callable[..., Ran]) -> None:
    ran = piped(trained_once, "--json", stdin=f"{RUDE}\n{KIND}\n".encode() + b"caf\xe9\n" + b"x" * 1_100_000 + b"\n")
    rude, kind, latin, long = (json.loads(line) for line in ran.out.splitlines())
    assert (rude["label"], kind["label"], latin["text"]) == ("1", "0", "caf\ufffd")
    assert long["line"] == 4
    assert "line 4 is 1,100,000 bytes long" in ran.err


def test_lines_are_answered_as_they_come(trained_once: Path) -> None:
    command = [sys.executable, "-m", "surtitle.cli", "score", "--project", str(trained_once)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for text in (RUDE, KIND):
            process.stdin.write(text.encode() + b"\n")
            process.stdin.flush()
            assert process.stdout.readline().endswith(text.encode() + b"\n")
        process.stdin.close()
        assert process.wait(timeout=60) == ExitCode.DONE


def test_lines_of_any_length_are_cut_in_bounded_memory() -> None:
    stream = io.BytesIO(b"ab\n" + b"x" * 300_000 + b"\n\ncd")
    assert [line for batch in _line_batches(stream, 10) for line in batch] == ["ab", 300_000, "", "cd"]


def test_a_file_is_scored_to_a_file(trained: Path, run: Run) -> None:
    out = trained.parent / "scored.csv"
    ran = run("score", "--project", trained, "--in", trained.parent / "comments.csv", "--out", out)
    assert ran.code == ExitCode.DONE, ran.err
    rows = list(csv.DictReader(out.read_text(encoding="utf-8").splitlines()))
    assert len(rows) == 600
    assert list(rows[0]) == [
        *("id", "body", "removed", "created_utc", "forum"),
        *("score", "label", "action", "version"),
    ]
    assert re_run_refused(run, trained, out)
    assert run("score", "--project", trained, "--in", out, "--out", out, "--force").code == ExitCode.DONE


def re_run_refused(run: Run, project: Path, out: Path) -> bool:
    ran = run("score", "--project", project, "--in", out, "--out", out)
    return ran.code == ExitCode.WRONG_INPUT and "--force" in ran.err


def test_a_file_and_an_argument_get_the_same_score(trained: Path, run: Run) -> None:
    (trained.parent / "in.jsonl").write_text(json.dumps({"body": RUDE}))
    run("score", "--project", trained, "--in", trained.parent / "in.jsonl", "--out", trained.parent / "out.jsonl")
    row = json.loads((trained.parent / "out.jsonl").read_text())
    (single,) = run("score", "--project", trained, RUDE, "--json").json()["results"]
    assert row["score"] == pytest.approx(single["score"], abs=1e-12)


def test_the_summary_of_a_file_counts_actions_and_dead_letters(trained: Path, run: Run) -> None:
    (trained.parent / "in.csv").write_text(f"body,n\n{RUDE},1\nbroken\n{KIND},2\n")
    out = trained.parent / "out.csv"
    ran = run("score", "--project", trained, "--in", trained.parent / "in.csv", "--out", out, "--json")
    result = ran.json()
    assert (result["rows"], result["dead_letters"], sum(result["actions"].values())) == (2, 1, 2)
    letter = json.loads(out.with_name("out.csv.dead-letters.jsonl").read_text())
    assert (letter["row"], letter["reason"]) == (2, "has 1 field instead of 2")


def test_a_file_without_out_gives_json_lines(trained_once: Path, run: Run) -> None:
    ran = run("score", "--project", trained_once, "--in", trained_once.parent / "comments.csv")
    rows = [json.loads(line) for line in ran.out.splitlines()]
    assert len(rows) == 600
    assert {"body", "score", "label", "action", "version"} <= set(rows[0])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["text", "--in", "a.csv"], "not both"),
        (["text", "--out", "a.csv"], "--out and --text-column go with --in"),
        (["--explain"], "--explain needs the text"),
        (["--in", "nowhere.csv"], "does not exist"),
        (["--in", "nowhere.csv", "--out", "a.xlsx"], "unknown kind of file"),
        (["text", "--model", "../x"], "neither a version nor an alias"),
    ],
)
def test_wrong_use_is_named(trained_once: Path, here: Path, run: Run, arguments: list[str], message: str) -> None:
    ran = run("score", "--project", trained_once, *arguments)
    assert ran.code == ExitCode.WRONG_INPUT
    assert message in ran.err
    assert list(here.iterdir()) == []


def test_a_changed_artefact_is_refused(trained: Path, run: Run) -> None:
    (weights,) = (trained / ".surtitle" / "registry" / "versions" / "1").glob("*weights*")
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.chmod(0o644)
    weights.write_bytes(content)
    ran = run("score", "--project", trained, KIND)
    assert ran.code == ExitCode.WRONG_INPUT
    assert weights.name in ran.err


def test_an_estimator_of_the_users_scores_but_cannot_be_explained(project: Path, run: Run) -> None:
    (project / "mine.py").write_text(
        "from sklearn.feature_extraction.text import TfidfVectorizer\n"
        "from sklearn.linear_model import LogisticRegression\n"
        "from sklearn.pipeline import make_pipeline\n"
        "def make():\n    return make_pipeline(TfidfVectorizer(), LogisticRegression())\n"
    )
    trained = run("train", "--project", project, "--set", "train.estimator=mine:make")
    assert trained.code == ExitCode.DONE, trained.err
    assert run("score", "--project", project, RUDE, "--json").json()["results"][0]["label"] == "1"
    ran = run("score", "--project", project, RUDE, "--explain")
    assert ran.code == ExitCode.WRONG_INPUT
    assert "cannot be explained term by term" in ran.err
