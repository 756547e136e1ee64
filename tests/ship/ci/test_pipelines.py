"""The pipelines: read by the programs that know the rules, and held to ours."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from surtitle.settings import DataSettings, ProjectSettings, Settings
from surtitle.ship.ci import SCRIPTS, github_files, gitlab_files
from surtitle.ship.ci.notes import notes
from surtitle.ship.template.rendering import render_template
from surtitle.ship.writing import write_files
from tests.ship.ci.checkers import run_checker

PLAIN = Settings(project=ProjectSettings(name="moderation"), data=DataSettings(source="data/comments.csv"))
SECRET = Settings(data=DataSettings(sql="SELECT 1", database="postgresql://${DB_USER}:${DB_PASSWORD}@db/base"))
YAMLLINT = "{extends: default, rules: {line-length: {max: 120}, truthy: {check-keys: false}}}"


@pytest.fixture(scope="module", params=["plain", "secret"])
def settings(request: pytest.FixtureRequest) -> Settings:
    return PLAIN if request.param == "plain" else SECRET


@pytest.fixture(scope="module")
def github(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("github")
    write_files(folder, render_template(settings, "github"), executable=SCRIPTS)
    return folder


@pytest.fixture(scope="module")
def gitlab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gitlab")
    write_files(folder, render_template(SECRET, "gitlab"), executable=SCRIPTS)
    return folder


def workflow_of(folder: Path) -> dict[Any, Any]:
    # YAML has no types.
    return yaml.safe_load((folder / ".github/workflows/surtitle.yml").read_text())  # type: ignore[no-any-return]


def steps_of(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, job in workflow_of(folder)["jobs"].items():
        yield from ((name, step) for step in job["steps"])


def test_zizmor_finds_nothing_at_its_strictest(github: Path) -> None:
    run_checker("zizmor", "--offline", "--pedantic", "--no-progress", ".", folder=github)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("schema", "name"),
    [("vendor.github-workflows", ".github/workflows/surtitle.yml"), ("vendor.dependabot", ".github/dependabot.yml")],
)
def test_the_files_for_github_are_what_its_schemas_say(github: Path, schema: str, name: str) -> None:
    run_checker("check-jsonschema", "--builtin-schema", schema, name, folder=github)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "name"),
    [(["vendor.gitlab-ci", "--data-transform", "gitlab-ci"], ".gitlab-ci.yml"), (["vendor.renovate"], "renovate.json")],
)
def test_the_files_for_gitlab_are_what_its_schemas_say(gitlab: Path, arguments: list[str], name: str) -> None:
    run_checker("check-jsonschema", "--builtin-schema", *arguments, name, folder=gitlab)


def test_actionlint_finds_nothing(github: Path) -> None:
    run_checker("actionlint", ".github/workflows/surtitle.yml", folder=github)


def test_yamllint_finds_nothing(github: Path, gitlab: Path) -> None:
    run_checker("yamllint", "--strict", "--config-data", YAMLLINT, ".", folder=github)
    run_checker("yamllint", "--strict", "--config-data", YAMLLINT, ".", folder=gitlab)


def test_shellcheck_finds_nothing_in_scripts_and_steps(github: Path, gitlab: Path, tmp_path: Path) -> None:
    scripts = [github / name for name in sorted(SCRIPTS)]
    for number, (_, step) in enumerate(steps_of(github)):
        if "run" in step:
            scripts.append(tmp_path / f"step{number}.sh")
            scripts[-1].write_text("#!/usr/bin/env bash\nset -eo pipefail\n" + step["run"])
    for name, job in yaml.safe_load((gitlab / ".gitlab-ci.yml").read_text()).items():
        if isinstance(job, dict) and "script" in job:
            scripts.append(tmp_path / f"{name}.sh")
            scripts[-1].write_text("#!/usr/bin/env bash\n" + "\n".join([*job.get("before_script", ()), *job["script"]]))
    run_checker("shellcheck", *scripts, folder=tmp_path)


def test_every_action_is_a_commit_with_its_version_and_the_same_everywhere(github: Path) -> None:
    text = (github / ".github/workflows/surtitle.yml").read_text()
    used = re.findall(r"uses: (\S+)(.*)", text)
    assert len(used) >= 20
    assert all(re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", action) for action, _ in used)
    assert all(re.fullmatch(r"  # v\d+\.\d+\.\d+", version) for _, version in used)
    assert len({action.partition("@")[0] for action, _ in used}) == len(set(used))


def test_nothing_is_allowed_that_a_job_does_not_ask_for(github: Path) -> None:
    workflow = workflow_of(github)
    assert workflow["permissions"] == {}
    rights = {name: job["permissions"] for name, job in workflow["jobs"].items()}
    writing = {name: {right for right, level in given.items() if level == "write"} for name, given in rights.items()}
    assert {name: given for name, given in writing.items() if given} == {
        "comment": {"pull-requests"},
        "publish": {"packages", "id-token", "attestations"},
        "deploy": {"id-token"},
    }
    # Where something may be written, no code of the change is there to run, but for the deployment, after the merge.
    for name in ("comment", "publish"):
        assert not any("checkout" in step.get("uses", "") for step in workflow["jobs"][name]["steps"])


def test_every_job_has_an_end_and_no_step_an_expression_in_its_script(github: Path) -> None:
    workflow = workflow_of(github)
    assert all(job["timeout-minutes"] <= 120 for job in workflow["jobs"].values())
    assert "cancel-in-progress" in workflow["concurrency"]
    for _, step in steps_of(github):
        assert "${{" not in step.get("run", "")
        if "checkout" in step.get("uses", ""):
            assert step["with"]["persist-credentials"] is False


def test_secrets_go_to_the_jobs_that_read_data_and_nowhere_else(github: Path, settings: Settings) -> None:
    jobs = workflow_of(github)["jobs"]
    given = {name for name, step in steps_of(github) if "DB_PASSWORD" in step.get("env", {})}
    guarded = {name for name, job in jobs.items() if job.get("environment") == "data"}
    assert given == guarded == ({"validate", "train", "gate"} if settings is SECRET else set())


def test_updates_wait_a_week(github: Path, gitlab: Path) -> None:
    updates = yaml.safe_load((github / ".github/dependabot.yml").read_text())["updates"]
    assert {update["package-ecosystem"] for update in updates} == {"github-actions", "pip", "docker"}
    assert all(update["cooldown"] == {"default-days": 7} for update in updates)
    assert '"minimumReleaseAge": "7 days"' in (gitlab / "renovate.json").read_text()


def test_both_forges_run_the_same_surtitle_commands() -> None:
    def commands(files: dict[str, str]) -> set[str]:
        text = "\n".join(text for path, text in files.items() if path.endswith(".yml")).replace("\\\n", "")
        return {" ".join(found.split()) for found in re.findall(r"surtitle [a-z]+[^|>;\n]*", text) if "`" not in found}

    def lines(files: dict[str, str]) -> set[str]:
        return {line for line in commands(files) if line.split()[1] in ("config", "check", "train", "compare", "ship")}

    assert lines(github_files(PLAIN)) == lines(gitlab_files(PLAIN))


def test_what_a_pipeline_cannot_know_is_said(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    root = tmp_path / "model"
    root.mkdir()
    outside = Settings(data=DataSettings(source="../comments.csv"))
    told = notes(root, outside, "github")
    assert len(told) == 3
    assert "outside of the project" in told[0]
    assert "is not the root of its repository" in told[1]
    assert "surtitle ship lock" in told[2]
    assert "DB_PASSWORD, DB_USER as masked" in notes(tmp_path, SECRET, "gitlab")[0]
