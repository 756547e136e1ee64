"""`surtitle doctor`."""

from pathlib import Path

import pytest

from surtitle.errors import ExitCode
from surtitle.text import native
from surtitle.text.native import NativeStatus
from tests.cli.conftest import Run


def test_it_tells_of_scorer_language_champion_and_packages(trained_once: Path, run: Run) -> None:
    ran = run("doctor", "--project", trained_once)
    assert ran.code == ExitCode.DONE, ran.err
    for word in ("scorer", "language", "champion", "version 1 loads and scores", "spacy", "numpy"):
        assert word in ran.out


def test_json_holds_every_check(trained_once: Path, run: Run) -> None:
    found = run("doctor", "--project", trained_once, "--json").json()
    assert found["ok"] is True
    assert [check["name"] for check in found["checks"]] == ["scorer", "language", "champion"]
    assert found["packages"]["spacy"]


def test_without_the_native_scorer_it_says_how_to_get_it(
    trained_once: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(native, "native_status", lambda: NativeStatus(False, "it is away", "fetch it"))
    found = run("doctor", "--project", trained_once, "--json").json()
    scorer, _, champion = found["checks"]
    assert (scorer["ok"], scorer["what"]) == (None, "Python: it is away")
    assert "fetch it" in scorer["remedy"]
    assert champion["what"].endswith("by python")
    assert found["ok"] is True


def test_with_the_native_scorer_it_says_so(run: Run, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "native_status", lambda: NativeStatus(True, "1.2", ""))
    scorer = run("doctor", "--json").json()["checks"][0]
    assert (scorer["ok"], scorer["what"]) == (True, "native, version 1.2")


def test_outside_a_project_it_looks_at_what_is_installed(run: Run, here: Path) -> None:
    ran = run("doctor")
    assert ran.code == ExitCode.DONE
    assert "none here" in ran.out
    assert run("doctor", "--json").json()["checks"][1]["ok"] is None


def test_a_damaged_champion_is_told_and_exits_with_1(trained: Path, run: Run) -> None:
    (weights,) = trained.rglob("weights.safetensors")
    weights.write_bytes(weights.read_bytes()[:-1])
    ran = run("doctor", "--project", trained)
    assert ran.code == ExitCode.REFUSED
    assert "broken" in ran.out
    assert "truncated" in ran.out
    assert "surtitle rollback" in ran.out


def test_broken_settings_are_told(project: Path, run: Run) -> None:
    (project / "surtitle.toml").write_text("[train]\nc = -1\n")
    ran = run("doctor", "--project", project)
    assert ran.code == ExitCode.REFUSED
    assert "train.c" in ran.out


def test_a_language_that_spacy_does_not_know_is_told(project: Path, run: Run) -> None:
    with (project / "surtitle.toml").open("a") as file:
        file.write('\n[text]\nlanguage = "qq"\n')
    ran = run("doctor", "--project", project)
    assert ran.code == ExitCode.REFUSED
    assert "'qq'" in ran.out


def test_a_project_without_a_champion_is_in_order(project: Path, run: Run) -> None:
    found = run("doctor", "--project", project, "--json").json()
    assert found["ok"] is True
    assert found["checks"][-1] == {"name": "champion", "what": "none yet", "ok": None, "remedy": "surtitle train"}
