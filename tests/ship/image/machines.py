"""Containers without a server: buildah, podman and runc in a storage of the tests' own."""

import fcntl
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import pytest

from surtitle.settings.ship import PINNED_BASE

ROOT = Path(__file__).parents[3]
TOOLS = ("buildah", "podman", "runc", "skopeo", "umoci", "debootstrap")
BASE = "localhost/base:1"
# The images that people build on have none of these either.
_UNUSED = ("usr/share/doc", "usr/share/man", "usr/share/locale", "var/cache/apt", "var/lib/apt/lists")
_STORAGE = '[storage]\ndriver = "overlay"\nrunroot = "{folder}/run"\ngraphroot = "{folder}/graph"\n'
# crun, networks of their own and higher limits want more of the machine than a sandbox gives.
_CONTAINERS = """\
[containers]
netns = "host"
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
"""


def why_not() -> str:
    """Say why no images can be built here; empty: they can."""
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        return f"not installed: {', '.join(missing)}"
    if os.geteuid() != 0:
        return "debootstrap and buildah's chroot isolation want root"
    return "" if _mirror() else "apt knows no mirror of Debian bookworm"


def needed() -> None:
    """Skip where no images can be built; under CI that is a failure."""
    why = why_not()
    if why and os.environ.get("CI"):
        pytest.fail(why)
    if why:
        pytest.skip(why)


@contextmanager
def held(lock: Path) -> Iterator[None]:
    """Let one process at a time pass."""
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def once(folder: Path, make: Callable[[Path], None]) -> Path:
    """Have the first of several processes fill a folder, in place: the storage of containers cannot be moved."""
    with held(folder.with_suffix(".lock")):
        if not (folder / "whole").exists():
            assert not folder.exists(), "another process has failed to fill it"
            folder.mkdir()
            make(folder)
            (folder / "whole").touch()
    return folder


class Machine:
    """Builds and runs images.

    Parameters
    ----------
    folder : Path
        For everything that is stored.
    """

    def __init__(self, folder: Path) -> None:
        (folder / "storage.conf").write_text(_STORAGE.format(folder=folder))
        (folder / "containers.conf").write_text(_CONTAINERS)
        self.environ = os.environ | {
            "CONTAINERS_STORAGE_CONF": str(folder / "storage.conf"),
            "CONTAINERS_CONF": str(folder / "containers.conf"),
            "BUILDAH_ISOLATION": "chroot",
        }
        self.environ.pop("SOURCE_DATE_EPOCH", None)

    def call(
        self, *command: str | Path, check: bool = True, more: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a program to its end."""
        done = subprocess.run(
            [str(part) for part in command],
            env={**self.environ, **(more or {})},
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )
        assert done.returncode == 0 or not check, f"{command}\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
        return done

    def inspect(self, image: str) -> dict[str, Any]:
        """Return what podman knows of an image."""
        found: list[dict[str, Any]] = json.loads(self.call("podman", "image", "inspect", image).stdout)
        return found[0]

    def ship(self, project: Path, *arguments: str | Path, **more: str) -> dict[str, Any]:
        """Run `surtitle ship image` for a base with Debian's Python; return what it prints."""
        command: list[str | Path] = [
            sys.executable,
            "-m",
            "surtitle.cli",
            "ship",
            "image",
            "--project",
            project,
            "--json",
            "--set",
            "ship.python=3.11",
            "--set",
            "ship.security=mailto:security@example.org",
        ]
        printed: dict[str, Any] = json.loads(self.call(*command, *arguments, more=more).stdout)
        return printed

    def build(self, project: Path, *arguments: str | Path, house: Path) -> dict[str, Any]:
        """Build an image from the base made here, with wheels that are mounted read only."""
        conf = house.parent / "pip.conf"
        conf.write_text("[install]\nno-index = true\nfind-links = /wheels\n")
        return self.ship(
            project, "--wheels", house.parent / "own", "--build", "--builder", "buildah", *arguments,
            "--", "--pull-never", "--no-cache", "--build-context", f"{PINNED_BASE}=container-image://{BASE}",
            "--volume", f"{house}:/wheels:ro", "--secret", f"id=pip.conf,src={conf}", PIP_FIND_LINKS=str(house),
            PIP_NO_INDEX="1",
        )  # fmt: skip


def make_base(machine: Machine, folder: Path, shared: Path) -> None:
    """Make a base image of Debian with Python, venv and pip, from files that are gathered once in a session."""
    files = once(shared / "debian", _gather_debian)
    (folder / "Dockerfile").write_text("FROM scratch\nADD base.tar /\n")
    machine.call("buildah", "build", "--tag", BASE, "--file", folder / "Dockerfile", files)


def _gather_debian(folder: Path) -> None:
    root = folder / "root"
    command = ["debootstrap", "--variant=minbase", "--include=python3-minimal,python3-venv,python3-pip", "bookworm"]
    subprocess.run([*command, str(root), _mirror()], check=True, capture_output=True)
    for name in _UNUSED:
        shutil.rmtree(root / name, ignore_errors=True)
    subprocess.run(["tar", "-C", str(root), "-cf", str(folder / "base.tar"), "."], check=True)
    shutil.rmtree(root)


def shared_folder(factory: pytest.TempPathFactory) -> Path:
    """Return a folder that all processes of this session have in common."""
    top = factory.getbasetemp()
    return top.parent if os.environ.get("PYTEST_XDIST_WORKER") else top


def make_wheels(machine: Machine, project: Path, folder: Path) -> None:
    """Fill ``own`` with the wheels of this checkout, and ``house`` with all that they need, as the lock says."""
    own, house = folder / "own", folder / "house"
    own.mkdir()
    machine.call(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", own, ROOT)
    _repack("surtitle-native", own)
    machine.ship(project, "--wheels", own)
    machine.call(
        *(sys.executable, "-m", "pip", "download", "--quiet", "--require-hashes", "--no-deps", "--dest", house),
        *("--only-binary", ":all:", "--python-version", "3.11", "--find-links", own),
        *(f"--platform=manylinux_2_{minor}_x86_64" for minor in range(36, 4, -1)), "--platform=linux_x86_64",
        *("--requirement", project / "requirements-serve.txt"),
    )  # fmt: skip


def _repack(package: str, into: Path) -> None:
    """Make the wheel again that an installed package came from."""
    installed = distribution(package)
    tag = next(line[5:] for line in (installed.read_text("WHEEL") or "").splitlines() if line.startswith("Tag: "))
    name = f"{package.replace('-', '_')}-{installed.version}"
    with zipfile.ZipFile(into / f"{name}-{tag}.whl", "w") as wheel:
        for path in installed.files or ():
            if path.parts[0] != "..":
                wheel.write(str(path.locate()), str(path))


def _mirror() -> str:
    if shutil.which("apt-get") is None:
        return ""
    command = ["apt-get", "indextargets", "--format", "$(SITE) $(RELEASE) $(COMPONENT)", "Created-By: Packages"]
    listed = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return next((line.split()[0] for line in listed.splitlines() if line.endswith(" bookworm main")), "")
