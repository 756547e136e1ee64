"""`surtitle export`."""

import hashlib
from pathlib import Path

import numpy as np
import onnxruntime

from surtitle.artefact.onnx import OnnxInputs
from surtitle.cycle import open_scorer
from surtitle.errors import ExitCode
from surtitle.project import load_project
from tests.cli.conftest import Run

TEXTS = ["you are a dummy", "thank you for the game", ""]


def test_the_file_gives_the_scores_of_the_version(trained_once: Path, tmp_path: Path, run: Run) -> None:
    file = tmp_path / "model.onnx"
    exported = run("export", "--onnx", file, "--project", trained_once, "--json").json()
    assert (exported["version"], exported["onnx"], exported["classes"]) == (1, str(file), ["0", "1"])
    assert exported["bytes"] == file.stat().st_size
    scorer = open_scorer(load_project(trained_once)).scorer
    columns, counts = OnnxInputs(scorer)(TEXTS)
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    (probabilities,) = session.run(["probabilities"], {"columns": columns, "counts": counts})
    np.testing.assert_allclose(probabilities, scorer.probabilities(TEXTS), rtol=0, atol=1e-12)
    (manifest,) = (trained_once / ".surtitle/registry").rglob("manifest.json")
    digest = hashlib.sha256(manifest.read_bytes()).hexdigest()
    assert exported["manifest_sha256"] == digest
    assert session.get_modelmeta().custom_metadata_map["surtitle.manifest_sha256"] == digest
    assert session.get_modelmeta().custom_metadata_map["surtitle.project"] == "moderation"


def test_a_file_that_exists_is_kept_unless_forced(trained_once: Path, tmp_path: Path, run: Run) -> None:
    file = tmp_path / "model.onnx"
    file.write_text("mine")
    refused = run("export", "--onnx", file, "--project", trained_once)
    assert (refused.code, file.read_text()) == (ExitCode.WRONG_INPUT, "mine")
    assert "--force" in refused.err
    assert run("export", "--onnx", file, "--project", trained_once, "--force").code == ExitCode.DONE
    assert file.read_bytes()[:2] == b"\x08\x08"
    assert list(tmp_path.iterdir()) == [file]


def test_people_are_told_what_was_written(trained_once: Path, tmp_path: Path, run: Run) -> None:
    file = tmp_path / "model.onnx"
    assert "version 1" in run("export", "--onnx", file, "--project", trained_once, "--model", "1").out


def test_a_folder_that_is_not_there_is_named(trained_once: Path, tmp_path: Path, run: Run) -> None:
    ran = run("export", "--onnx", tmp_path / "nowhere/model.onnx", "--project", trained_once)
    assert ran.code == ExitCode.WRONG_INPUT
    assert "nowhere" in ran.err


def test_an_unknown_version_is_refused(trained_once: Path, tmp_path: Path, run: Run) -> None:
    ran = run("export", "--onnx", tmp_path / "model.onnx", "--project", trained_once, "--model", "7")
    assert ran.code == ExitCode.WRONG_INPUT
    assert "7" in ran.err
    assert list(tmp_path.iterdir()) == []
