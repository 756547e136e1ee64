"""`surtitle ship compose|systemd|supervisor|kubernetes|kserve`."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from surtitle.cli.app import command_of
from surtitle.cli.ship import COMMANDS
from surtitle.errors import ExitCode
from tests.cli.conftest import Run
from tests.cli.test_app import examples_of

KINDS = ["compose", "systemd", "supervisor", "kubernetes", "kserve"]
IMAGE = "ghcr.io/opera/moderation:1.2@sha256:" + 64 * "a"
NEEDED = {"kubernetes": ["--image", IMAGE], "kserve": ["--image", IMAGE], "systemd": ["--user", "daemon"]}


@pytest.fixture
def arguments(tmp_path: Path) -> Iterator[list[str]]:
    """A project without a champion, and a result of a load test."""
    with TemporaryDirectory() as folder:  # a shorter path than pytest's, which is too long for a socket
        yield _arguments(Path(folder) / "opera", tmp_path)


def _arguments(root: Path, tmp_path: Path) -> list[str]:
    root.mkdir()
    (root / "surtitle.toml").write_text('[project]\nname = "opera"\n[data]\nsource = "x.csv"\n')
    bench = tmp_path / "bench.json"
    service = {"workers": 1, "cpu_ms": 1.2, "worker_mb": 100.0, "model_mb": 5.0}
    bench.write_text(json.dumps({"answered": 9, "texts_per_request": 1, "failed": {}, "service": service}))
    return ["--project", str(root), "--load", "300", "--bench", str(bench)]


@pytest.mark.parametrize("kind", KINDS)
def test_the_files_are_written_and_the_sum_is_shown(run: Run, arguments: list[str], kind: str) -> None:
    ran = run("ship", kind, *arguments, *NEEDED.get(kind, []))
    assert ran.code == ExitCode.DONE, ran.err
    assert "300 requests/s x 1.2 ms = 0.36 cores" in ran.out
    assert "new" in ran.out
    assert "then run" in ran.err
    assert list((Path(arguments[1]) / "deploy" / kind).iterdir())


@pytest.mark.parametrize("kind", KINDS)
def test_json_names_the_files_and_the_size(run: Run, arguments: list[str], kind: str) -> None:
    result = run("ship", kind, *arguments, *NEEDED.get(kind, []), "--json").json()
    assert set(result) == {"kind", "folder", "files", "size"}
    folder = Path(result["folder"])
    assert result["kind"] == folder.name == kind
    for file in result["files"]:
        assert file["change"] == "new"
        assert (folder / file["path"]).is_file()
    assert result["size"]["cores"] == 0.36
    assert result["size"]["instances"] == 2


@pytest.mark.parametrize("kind", KINDS)
def test_written_again_nothing_changes_and_an_edit_is_not_overwritten(
    run: Run, arguments: list[str], kind: str
) -> None:
    command = ["ship", kind, *arguments, *NEEDED.get(kind, [])]
    first = run(*command, "--json").json()
    again = run(*command, "--json").json()
    assert {file["change"] for file in again["files"]} == {"unchanged"}
    edited = Path(first["folder"]) / first["files"][0]["path"]
    edited.write_text("mine\n")
    ran = run(*command)
    assert ran.code == ExitCode.WRONG_INPUT
    assert edited.name in ran.err
    assert "--force" in ran.err
    assert edited.read_text() == "mine\n"
    assert run(*command, "--force").code == ExitCode.DONE
    assert edited.read_text() != "mine\n"


@pytest.mark.parametrize("kind", ["compose", "systemd", "supervisor"])
def test_scripts_can_be_run(run: Run, arguments: list[str], kind: str) -> None:
    folder = Path(run("ship", kind, *arguments, *NEEDED.get(kind, []), "--json").json()["folder"])
    scripts = [path for path in folder.iterdir() if path.is_file() and path.read_text().startswith("#!/bin/sh")]
    assert len(scripts) == 2
    assert all(os.access(path, os.X_OK) for path in scripts)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("load", ["0", "-5", "nan", "1e12"])
def test_an_absurd_load_is_refused_before_anything_is_measured_or_written(
    run: Run, arguments: list[str], kind: str, load: str
) -> None:
    without_bench = arguments[:2]
    ran = run("ship", kind, *without_bench, "--load", load, *NEEDED.get(kind, []))
    assert ran.code == ExitCode.WRONG_INPUT
    assert "--load" in ran.err
    assert not (Path(arguments[1]) / "deploy").exists()


@pytest.mark.parametrize("kind", KINDS)
def test_without_a_champion_and_without_a_measurement_it_says_what_is_missing(
    run: Run, arguments: list[str], kind: str
) -> None:
    ran = run("ship", kind, *arguments[:4], *NEEDED.get(kind, []))
    assert ran.code == ExitCode.WRONG_INPUT
    assert "surtitle train" in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize("kind", ["compose", "kubernetes", "kserve"])
@pytest.mark.parametrize(
    ("image", "message"), [("Not An Image", "not the name of an image"), ("ghcr.io/opera/moderation:1.2", "no digest")]
)
def test_an_image_that_is_none_or_may_change_is_refused(
    run: Run, arguments: list[str], kind: str, image: str, message: str
) -> None:
    ran = run("ship", kind, *arguments, "--image", image)
    assert ran.code == ExitCode.WRONG_INPUT
    assert message in ran.err


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        ("compose", ["--domain", "a b"], "--domain"),
        ("compose", ["--texts", "0"], "--texts"),
        ("compose", ["--bench", "nowhere.json"], "nowhere.json"),
        ("systemd", ["--user", "nobody-of-that-name"], "--user"),
        ("systemd", ["--user", "root"], "not to run as root"),
        ("supervisor", ["--tls-port", "70000"], "--tls-port"),
        ("kubernetes", ["--image", IMAGE, "--namespace", "Not_A_Name"], "--namespace"),
        ("kubernetes", ["--image", IMAGE, "--gateway", "public"], "--gateway"),
        ("kubernetes", [], "--image"),
        ("kserve", ["--image", IMAGE, "--mode", "Serverless"], "--mode"),
    ],
)
def test_wrong_options_are_named(run: Run, arguments: list[str], kind: str, options: list[str], message: str) -> None:
    ran = run("ship", kind, *arguments, *options)
    assert ran.code == ExitCode.WRONG_INPUT
    assert message in ran.err
    assert "Traceback" not in ran.err


def test_another_folder_may_be_named_also_outside_of_the_project(
    run: Run, arguments: list[str], tmp_path: Path
) -> None:
    ran = run("ship", "compose", *arguments, "--out", tmp_path / "elsewhere", "--json")
    assert Path(ran.json()["folder"]) == tmp_path / "elsewhere"
    assert (tmp_path / "elsewhere/compose.yaml").is_file()


def test_what_the_stream_needs_in_the_image_is_told(run: Run, arguments: list[str]) -> None:
    assert 'input = "kafka://kafka:9092/comments"' in run("ship", "compose", *arguments).err


@pytest.mark.parametrize("kind", KINDS)
def test_help_shows_examples_that_can_be_typed_and_says_what_the_list_says(run: Run, kind: str) -> None:
    ran = run("ship", kind, "--help")
    assert "Examples:" in ran.out
    known = command_of(f"ship {kind}")
    assert known.help.splitlines()[0] == COMMANDS[kind]
    for line in examples_of(known.epilog):
        words = line.split()
        assert words[:3] == ["surtitle", "ship", kind]
        known.make_context(kind, words[3:])
