"""The stream from the command line."""

import gzip
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from surtitle.cli._stream_view import rendered
from surtitle.cli._terminal import console
from surtitle.errors import ExitCode
from surtitle.stream.progress import Progress, ScopeProgress
from surtitle.stream.tally import Tally
from tests.cli.conftest import Run
from tests.stream.redis.server import free_port

WINDOWS = 'stream.windows=["tumbling 1h by client"]'


@pytest.fixture
def comments(tmp_path: Path) -> Path:
    path = tmp_path / "comments.jsonl"
    with path.open("w") as file:
        for number in range(50):
            text = "you are a dummy" if number % 2 else "what a lovely opening"
            line = {"id": number, "body": text, "created_utc": f"2026-01-01T{number % 24:02}:00:00Z", "forum": "chess"}
            file.write(json.dumps(line) + "\n")
        file.write("broken\n")
    return path


def _read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_file_is_decided_once_and_counted_in_windows(trained: Path, comments: Path, run: Run) -> None:
    out = comments.with_name("decisions.jsonl")
    settings = ("--set", WINDOWS, "--set", "stream.out_of_order=1d")
    options = ("stream", "--project", trained, "--in", comments, "--out", out, *settings)
    done = run(*options, "--json")
    assert done.code == 0
    told = done.json()
    assert (told["records"], told["on_time"], told["dead"], told["delivery"]) == (51, 50, 1, "exactly-once")
    decisions = _read(out)
    assert [line["id"] for line in decisions] == [str(n) for n in range(50)]
    assert {line["action"] for line in decisions[1::2]} == {"remove"}
    assert {line["client"] for line in decisions} == {"chess"}
    assert sum(row["totals"]["count"] for row in _read(out.with_name("decisions.windows.jsonl"))) == 50
    again = run(*options)
    assert again.code == 0
    assert "51 records in all" in again.err
    assert len(_read(out)) == 50


def test_what_is_added_to_a_file_is_decided_by_the_next_run(trained: Path, comments: Path, run: Run) -> None:
    out = comments.with_name("decisions.jsonl")
    run("stream", "--project", trained, "--in", comments, "--out", out)
    with comments.open("a") as file:
        file.write('{"id": "new", "body": "hello"}\n')
    run("stream", "--project", trained, "--in", comments, "--out", out)
    assert [line["id"] for line in _read(out)][-1] == "new"
    assert len(_read(out)) == 51


def test_status_tells_where_streams_are(trained: Path, comments: Path, run: Run) -> None:
    run("stream", "--project", trained, "--in", comments, "--out", comments.with_name("d.jsonl"), "--name", "mine")
    (found,) = run("stream", "status", "--project", trained, "--json").json()["streams"]
    assert (found["stream"], found["running"], found["dead_letters"], found["version"]) == ("mine", False, 1, 1)
    assert found["lengths"] == {"decisions": comments.with_name("d.jsonl").stat().st_size}
    shown = run("stream", "status", "--project", trained)
    assert re.search(r"mine\s+stopped\s+51", shown.out)
    assert run("stream", "status", "--project", trained, "--name", "other").code == 2


def test_a_damaged_state_hides_no_other_one(trained: Path, comments: Path, run: Run) -> None:
    options = ("stream", "--project", trained, "--in", comments, "--name")
    run(*options, "good", "--out", comments.with_name("good.jsonl"))
    run(*options, "bad", "--out", comments.with_name("bad.jsonl"))
    (trained / ".surtitle/stream/bad/stream.db").write_text("no database")
    shown = run("stream", "status", "--project", trained)
    assert shown.code == 2
    assert "good" in shown.out
    assert "bad/stream.db is damaged" in shown.err
    letters = run("stream", "dead-letters", "--project", trained)
    assert letters.code == shown.code
    assert "broken" in letters.out
    assert "bad/stream.db is damaged" in letters.err
    told = run("stream", "status", "--project", trained, "--json")
    assert [each["stream"] for each in told.json()["streams"]] == ["good"]


def test_status_of_a_project_without_streams_says_so(trained: Path, run: Run) -> None:
    assert "no stream has run in this project yet" in run("stream", "status", "--project", trained).err
    assert run("stream", "status", "--project", trained, "--json").json() == {"streams": []}


def test_dead_letters_are_shown_mended_and_tried_again(trained: Path, comments: Path, run: Run, tmp_path: Path) -> None:
    out = comments.with_name("decisions.jsonl")
    follow = ("stream", "--project", trained, "--in", comments, "--out", out)
    run(*follow)
    (letter,) = run("stream", "dead-letters", "--project", trained, "--json").json()["dead_letters"]
    assert (letter["id"], letter["position"], letter["value"]) == (1, 50, "broken")
    assert "JSON is malformed" in letter["reason"]
    mended = tmp_path / "mended.jsonl"
    mended.write_text(json.dumps({"id": 1, "value": '{"id": "mended", "body": "hello"}'}) + "\n")
    retried = run("stream", "dead-letters", "--project", trained, "--mended", mended)
    assert "1 dead letters will be tried again" in retried.err
    run(*follow)
    assert [line["id"] for line in _read(out)][-1] == "mended"
    assert "no dead letters" in run("stream", "dead-letters", "--project", trained).err


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ((), "say --in and --out"),
        (("--in", "nothing.jsonl", "--out", "d.jsonl"), "nothing.jsonl does not exist"),
        (("--in", "ftp://host/a", "--out", "d.jsonl"), "ftp:// is not known"),
        (("--in", "comments.jsonl", "--out", "-", "--json"), "both write to standard output"),
        (("--in", "comments.jsonl", "--out", "-", "--set", "stream.delivery=exactly-once"), "cannot take back"),
        (("--in", "comments.jsonl", "--out", "d.jsonl", "--set", "stream.late_output=-"), "outputs of several kinds"),
        (("--in", "comments.jsonl", "--out", "d.jsonl", "--set", "stream.lateness=soon"), "stream.lateness: 'soon'"),
        (("--in", "comments.jsonl", "--out", "d.jsonl", "--set", "stream.rules=none.toml"), "none.toml does not exist"),
        (("--in", "comments.jsonl", "--out", "d.jsonl", "--name", "../x"), "--name '../x' must begin"),
        (("--in", "comments.jsonl", "--out", "d.jsonl", "--model", "9"), "9"),
        (("--in", "comments.jsonl", "--out", "./comments.jsonl"), "which is read as input"),
        (("--in", ".", "--out", "sub/d.jsonl"), "which is read as input"),
        (("--in", "kafka://h:1/t?start=latest", "--out", "kafka://h:1/t"), "which is read as input"),
        (("--in", "comments.jsonl", "--out", "d.jsonl", "--metrics", "here"), "'here' is not HOST:PORT or PORT"),
        (("--retry",), "go with: surtitle stream dead-letters"),
    ],
)
def test_wrong_use_is_told_of(
    trained: Path, comments: Path, run: Run, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], told: str
) -> None:
    monkeypatch.chdir(comments.parent)
    done = run("stream", "--project", trained, "--set", WINDOWS, *options)
    assert done.code == 2
    assert told in done.err


def test_another_input_under_the_same_name_is_refused_until_a_restart(trained: Path, comments: Path, run: Run) -> None:
    out = comments.with_name("d.jsonl")
    run("stream", "--project", trained, "--in", comments, "--out", out, "--name", "s")
    other = comments.with_name("other.jsonl")
    other.write_text('{"body": "hello"}\n')
    options = ("stream", "--project", trained, "--in", other, "--out", out, "--name", "s")
    assert "its source is" in run(*options).err
    assert "holds" in run(*options, "--restart").err
    out.unlink()
    assert run(*options, "--restart").code == 0
    assert len(_read(out)) == 1


def _start(project: Path, *options: str | Path, stdin: Any = None) -> "subprocess.Popen[str]":
    arguments = [sys.executable, "-m", "surtitle.cli", "stream", *map(str, options), "--project", str(project)]
    return subprocess.Popen(arguments, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _wait_for(path: Path, lines: int) -> None:
    until = time.monotonic() + 60
    while not (path.exists() and path.read_bytes().count(b"\n") >= lines):
        assert time.monotonic() < until, "nothing was decided"
        time.sleep(0.02)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_ends_a_followed_stream_after_its_commit(
    trained: Path, comments: Path, number: int, code: int
) -> None:
    out = comments.with_name("d.jsonl")
    process = _start(trained, "--in", comments, "--out", out, "--follow")
    _wait_for(out, 50)
    with comments.open("a") as file:
        file.write('{"id": "more", "body": "hello"}\n')
    _wait_for(out, 51)
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert process.returncode == code, err
    assert "52 records in all" in err


def test_a_signal_ends_a_stream_soon_that_waits_for_a_receiver(trained: Path, comments: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}/hook"
    process = _start(trained, "--in", comments, "--out", url, "--name", "hook", "--set", "stream.patience=10m")
    assert process.stderr is not None
    process.stderr.readline()  # it runs
    time.sleep(1.0)  # and has found nobody, most likely; if not, it ends as soon
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=60)
    assert time.monotonic() - began < 15
    assert process.returncode == ExitCode.SURROUNDINGS
    assert "has not taken outputs for the 3 s left after the signal to stop" in err
    status = _start(trained, "status", "--json")
    out, _ = status.communicate(timeout=60)
    assert json.loads(out)["streams"][0]["tally"]["records"] == 51  # all wait in the outbox


def test_a_broken_packed_file_is_a_dead_letter_and_stops_no_other(trained: Path, comments: Path, run: Run) -> None:
    folder = comments.parent / "in"
    folder.mkdir()
    packed = gzip.compress(b"".join(b'{"body": "%s"}\n' % os.urandom(50).hex().encode() for _ in range(100)))
    (folder / "a.jsonl.gz").write_bytes(packed[:2000])
    (folder / "b.jsonl").write_text('{"body": "hello"}\n')
    out = comments.with_name("decisions.jsonl")
    done = run("stream", "--project", trained, "--in", folder, "--out", out, "--json")
    assert (done.code, done.json()["dead"]) == (0, 1)
    assert _read(out)[-1]["partition"] in ("a.jsonl.gz", "b.jsonl")
    assert {line["partition"] for line in _read(out)} == {"a.jsonl.gz", "b.jsonl"}
    (letter,) = run("stream", "dead-letters", "--project", trained, "--json").json()["dead_letters"]
    assert "a.jsonl.gz is not a whole gzip file" in letter["reason"]
    (folder / "a.jsonl.gz").write_bytes(packed)
    run("stream", "--project", trained, "--in", folder, "--out", out)
    assert len(_read(out)) == 101


def test_a_pipe_goes_through(trained: Path) -> None:
    process = _start(trained, "--in", "-", "--out", "-", stdin=subprocess.PIPE)
    out, err = process.communicate('{"id": "a", "body": "you are a dummy"}\n{"id": "b", "body": "hello"}', timeout=60)
    assert process.returncode == 0, err
    assert [json.loads(line)["id"] for line in out.splitlines()] == ["a", "b"]
    assert "at-most-once" in err


def test_two_processes_on_one_stream_are_refused(trained: Path, comments: Path, run: Run) -> None:
    out = comments.with_name("d.jsonl")
    process = _start(trained, "--in", comments, "--out", out, "--follow")
    try:
        _wait_for(out, 50)
        refused = run("stream", "--project", trained, "--in", comments, "--out", out, "--follow")
        assert refused.code == 2
        assert "in use by another process" in refused.err
        (found,) = run("stream", "status", "--project", trained, "--json").json()["streams"]
        assert found["running"]
    finally:
        process.terminate()
        process.communicate(timeout=60)


def test_rules_decide_before_the_model(trained: Path, comments: Path, run: Run) -> None:
    (trained / "rules.toml").write_text('[[rule]]\nname = "openings"\naction = "review"\nphrases = ["lovely opening"]')
    out = comments.with_name("d.jsonl")
    run("stream", "--project", trained, "--in", comments, "--out", out, "--set", "stream.rules=rules.toml")
    first = _read(out)[0]
    assert (first["action"], first["reasons"][0]["term"]) == ("review", "rule openings")


def test_the_view_shows_what_matters() -> None:
    tally = Tally(records=10, on_time=7, late=2, dead=1, actions={"allow": 6, "remove": 3})
    scope = ScopeProgress(scope="", tally=tally, watermark=60_000_000, open_windows=3)
    progress = Progress(scopes=(scope,), rate=1234.5, lag=5, version=4, records=1)
    out = console()
    with out.capture() as captured:
        out.print(rendered("mine", progress, now_us=61_000_000))
    shown = captured.get()
    for part in ("1,234 records/s", "1970-01-01 00:01:00 UTC, 1 s ago", "allow 6 (66.7%)", "7 on time, 2 late, 1 dead"):
        assert part in shown
