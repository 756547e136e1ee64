"""`surtitle bench`."""

import json
from pathlib import Path

import pytest

from surtitle.errors import ExitCode
from tests.cli.conftest import Run
from tests.serve.bench.service import running


def test_a_service_is_loaded_and_its_figures_are_told(run: Run, tmp_path: Path) -> None:
    with running() as service:
        picture = tmp_path / "load.svg"
        ran = run("bench", service.url, "--requests", "40", "--connections", "2", "--picture", picture)
    assert ran.code == ExitCode.DONE
    assert [name for name in ("answers a second", "p50, ms", "p99, ms", "answered") if name not in ran.out] == []
    assert picture.read_text(encoding="utf-8").startswith("<svg")
    asked = [request for request in service.requests if request.startswith(b"POST ")]
    assert len(asked) == 40
    assert len({request.partition(b"\r\n\r\n")[2] for request in asked}) > 10


def test_texts_come_from_a_file_and_the_key_from_the_environment(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SURTITLE_KEY", "s3cret")
    texts = tmp_path / "texts.txt"
    texts.write_text("so kind\n\na dummy\n", encoding="utf-8")
    with running() as service:
        options = ["--requests", "3", "--connections", "1", "--texts-per-request", "2", "--client", "science", "--json"]
        ran = run("bench", service.url, "--texts", texts, *options)
    assert "s3cret" not in ran.out + ran.err
    report = ran.json()
    assert (report["answered"], report["texts_per_request"], report["failed"]) == (3, 2, {})
    assert all(b"authorization: bearer s3cret\r\n" in request.lower() for request in service.requests)
    asked = [request for request in service.requests if request.startswith(b"POST ")]
    assert json.loads(asked[0].partition(b"\r\n\r\n")[2]) == [
        {"text": "so kind", "client": "science"},
        {"text": "a dummy", "client": "science"},
    ]


def test_another_machine_is_not_loaded_by_mistake(run: Run) -> None:
    ran = run("bench", "http://192.0.2.1", "--requests", "1")
    assert ran.code == ExitCode.WRONG_INPUT
    assert "--i-own-this-server" in ran.err


def test_a_service_that_only_fails_ends_with_a_no(run: Run) -> None:
    with running(lambda number, request: b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n") as service:
        ran = run("bench", service.url, "--requests", "5")
    assert ran.code == ExitCode.REFUSED
    assert "failed: 404" in ran.out


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--seconds", "1", "--requests", "1"], "--seconds or --requests"),
        (["--texts", "nowhere.txt"], "nowhere.txt"),
        (["--texts-per-request", "0"], "at least one text"),
        (["--rate", "0"], "--rate"),
    ],
)
def test_wrong_use_is_named(options: list[str], named: str, run: Run) -> None:
    ran = run("bench", "http://127.0.0.1:9", *options)
    assert ran.code == ExitCode.WRONG_INPUT
    assert named in ran.err


def test_an_empty_file_of_texts_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "texts.txt").write_text("\n\n")
    ran = run("bench", "http://127.0.0.1:9", "--texts", tmp_path / "texts.txt")
    assert ran.code == ExitCode.WRONG_INPUT
    assert "no texts" in ran.err
