"""A workflow's jobs run here, step by step, as far as that goes without GitHub."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

__all__ = ["ELSEWHERE", "Runner"]

ELSEWHERE: Mapping[str, str] = {
    "comment": "writes to GitHub",
    "publish": "pushes to a registry and signs by GitHub's identity",
    "deploy": "needs a cluster that trusts GitHub's identity",
}
"""Jobs that are not run, and why."""
_FETCH = "Fetch the registry"


class Runner:
    """Runs jobs, each in a checkout of its own, with nothing in common but artefacts.

    Parameters
    ----------
    repository : Path
        What is checked out.
    folder : Path
        For checkouts and artefacts.
    environ : mapping of str to str
        Of every step.
    event : str
        Such as ``push`` or ``pull_request``.
    """

    def __init__(self, repository: Path, folder: Path, environ: Mapping[str, str], event: str) -> None:
        self.folder = folder
        self.event = event
        self.ran: list[tuple[str, str]] = []
        self.summary = folder / "summary.md"
        self._repository = repository
        self._environ = dict(environ) | {"GITHUB_STEP_SUMMARY": str(self.summary)}
        self.jobs: dict[str, Any] = yaml.safe_load((repository / ".github/workflows/surtitle.yml").read_text())["jobs"]

    def run(self, job: str) -> subprocess.CompletedProcess[str] | None:
        """Run a job up to its end, or to the first step that fails; return that step's result."""
        place = self.folder / f"{job}-{self.event}"
        subprocess.run(["git", "clone", "--quiet", str(self._repository), str(place)], check=True)
        for step in self.jobs[job]["steps"]:
            done = self._step(place, job, step)
            if done is not None and done.returncode:
                return done
        return None

    def artefact(self, name: str) -> Path:
        """Return where an artefact is kept between jobs."""
        return self.folder.parent / "artefacts" / name

    def _step(self, place: Path, job: str, step: Mapping[str, Any]) -> subprocess.CompletedProcess[str] | None:
        action = step.get("uses", "").partition("@")[0]
        if action == "actions/upload-artifact":
            self._keep(place / step["with"]["path"], self._value(step["with"]["name"]))
        elif action == "actions/download-artifact":
            self._fetch(self._value(step["with"]["name"]), place / step["with"]["path"])
        elif step["name"] == _FETCH and "run" in step:
            self._restore(place)
        elif "run" in step:
            self.ran.append((job, step["name"]))
            return self._script(place, step)
        return None

    def _script(self, place: Path, step: Mapping[str, Any]) -> subprocess.CompletedProcess[str]:
        told = {name: self._value(value) for name, value in step.get("env", {}).items()}
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=place,
            env=self._environ | told,
            capture_output=True,
            text=True,
            timeout=1200,
        )

    def _value(self, text: str) -> str:
        """Work out the few expressions there are; another one fails the test."""
        if "${{" not in text:
            return text
        known = {
            "${{ github.event_name }}": self.event,
            "${{ github.event_name == 'pull_request' && 'registry-of-the-change' || 'registry' }}": (
                "registry-of-the-change" if self.event == "pull_request" else "registry"
            ),
            "${{ github.event.schedule == '41 4 * * 1' && 'yes' || '' }}": "",
        }
        return known[text]

    def _keep(self, path: Path, name: str) -> None:
        target = self.artefact(name)
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        if path.is_dir():
            shutil.copytree(path, target, dirs_exist_ok=True)
        else:
            shutil.copy(path, target)

    def _fetch(self, name: str, path: Path) -> None:
        shutil.copytree(self.artefact(name), path, dirs_exist_ok=True)

    def _restore(self, place: Path) -> None:
        """What `gh run download` and the line after it would do: the registry that a push kept, if there is one."""
        (place / ".surtitle").mkdir()
        kept = self.artefact("registry") / "registry.tar"
        if kept.is_file():
            subprocess.run(["tar", "-xf", str(kept), "-C", str(place / ".surtitle"), "--no-same-owner"], check=True)


def environ_without_ours(venv: Path) -> dict[str, str]:
    """Return this process's environment, with another virtual environment first."""
    return os.environ | {"PATH": f"{venv / 'bin'}{os.pathsep}{os.environ['PATH']}", "VIRTUAL_ENV": str(venv)}
