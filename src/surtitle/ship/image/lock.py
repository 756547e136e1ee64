"""A lock: every package of an image with its version and the hashes of its wheels, found by pip.

The versions are those installed here, with which the model was made and tested. pip is asked once for each kind of
machine, so that one lock serves them all; only wheels are taken, since what is built from source has no known hash.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from importlib.metadata import distributions
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec

from surtitle.errors import Fault, SurroundingsError, UsageError
from surtitle.progress import Reporter

__all__ = ["MACHINES", "Lock", "Locked", "make_lock", "render_lock"]

MACHINES = ("x86_64", "aarch64")
_GLIBC = 36  # of Debian 12; wheels for an older one run there too
_OLDEST_GLIBC = 5
_PATIENCE_S = 900.0


class Locked(msgspec.Struct, frozen=True):
    """One package.

    Parameters
    ----------
    name, version : str
        As its metadata says.
    sha256 : tuple of str
        Of the wheels that may be installed, sorted.
    license : str
        An SPDX expression or a few words; empty: not told.
    """

    name: str
    version: str
    sha256: tuple[str, ...]
    license: str = ""


class Lock(msgspec.Struct, frozen=True):
    """All packages of an image.

    Parameters
    ----------
    python : str
        Such as 3.13.
    machines : tuple of str
        On which it can be installed.
    packages : tuple of Locked
        By name.
    wheels : tuple of Path
        Those that no index gave, to be laid beside the Dockerfile.
    complete : bool
        Whether `wheels` are all there is, so that no index is needed.
    missing : mapping of str to str
        Machine to what pip said, where it cannot be installed.
    """

    python: str
    machines: tuple[str, ...]
    packages: tuple[Locked, ...]
    wheels: tuple[Path, ...]
    complete: bool
    missing: Mapping[str, str] = {}


class _Found(msgspec.Struct, frozen=True):
    package: Locked
    wheel: Path | None


def make_lock(
    own: Sequence[str], needs: Sequence[str], *, python: str, wheels: Path | None, reporter: Reporter
) -> Lock:
    """Ask pip which wheels belong to the installed versions.

    Parameters
    ----------
    own : sequence of str
        Surtitle's own packages, pinned; what else they require is left out, as it is for training.
    needs : sequence of str
        What is installed with all that it requires.
    python : str
        The image's version of Python.
    wheels : Path or None
        A folder of wheels beside those of the index.
    reporter : Reporter
        Told of each machine.

    Raises
    ------
    UsageError
        If pip is not there, or finds no wheels for any machine.
    """
    if find_spec("pip") is None:
        raise UsageError(
            f"the lock is made by pip, which is not installed beside {sys.executable}; run: "
            f"{sys.executable} -m ensurepip"
        )
    if wheels is not None and not wheels.is_dir():
        raise UsageError(f"{wheels} is not a folder; --wheels names one that holds .whl files")
    reporter.start("asking for the wheels' hashes", len(MACHINES))
    found: dict[str, list[_Found]] = {}
    missing: dict[str, str] = {}
    for machine in MACHINES:
        try:
            found[machine] = [
                *_ask(own, machine, python, wheels, alone=True),
                *_ask(needs, machine, python, wheels, alone=False),
            ]
        except _PipError as error:
            missing[machine] = str(error)
        reporter.advance(1)
    if not found:
        raise UsageError(
            f"pip finds no wheels for Python {python}; wheels that no index has go into a folder: --wheels FOLDER",
            [Fault(machine, what) for machine, what in missing.items()],
        )
    reporter.done(f"locked for {', '.join(found)}")
    everything = [each for part in found.values() for each in part]
    return Lock(
        python=python,
        machines=tuple(found),
        packages=_merge([each.package for each in everything]),
        wheels=tuple(sorted({each.wheel for each in everything if each.wheel is not None})),
        complete=all(each.wheel is not None for each in everything),
        missing=missing,
    )


def render_lock(lock: Lock, *, command: str = "surtitle ship image", what: str = "what the service imports") -> str:
    r"""Return the lock as a file of requirements, as pip reads it with ``--require-hashes``.

    Parameters
    ----------
    lock : Lock
        To write.
    command, what : str
        Who writes it, and what is in it, for its first lines.

    Examples
    --------
    >>> print(render_lock(Lock("3.13", ("x86_64",), (Locked("numpy", "2.4.6", ("ab", "cd")),), (), False)))
    # Written by `surtitle ship image` for Python 3.13 on x86_64: what the service imports, at the versions installed
    # where it was written, each with the SHA-256 of its wheels.
    numpy==2.4.6 \
        --hash=sha256:ab \
        --hash=sha256:cd
    <BLANKLINE>
    """
    head = (
        f"# Written by `{command}` for Python {lock.python} on {', '.join(lock.machines)}: {what}, at the versions "
        "installed\n# where it was written, each with the SHA-256 of its wheels.\n"
    )
    return head + "".join(
        " \\\n    ".join([f"{each.name}=={each.version}", *(f"--hash=sha256:{digest}" for digest in each.sha256)])
        + "\n"
        for each in lock.packages
    )


class _PipError(Exception):
    """pip found no answer."""


def _merge(packages: Sequence[Locked]) -> tuple[Locked, ...]:
    merged: dict[str, Locked] = {}
    for each in packages:
        before = merged.get(each.name)
        if before is not None and before.version != each.version:
            raise UsageError(f"{each.name} has other versions on other machines; install it here to fix one")
        hashes = {*each.sha256, *(before.sha256 if before else ())}
        merged[each.name] = msgspec.structs.replace(each, sha256=tuple(sorted(hashes)))
    return tuple(merged[name] for name in sorted(merged))


def _ask(requirements: Sequence[str], machine: str, python: str, wheels: Path | None, *, alone: bool) -> list[_Found]:
    with tempfile.TemporaryDirectory() as folder:
        report, pins = Path(folder) / "report.json", Path(folder) / "installed.txt"
        pins.write_text("".join(f"{name}=={version}\n" for name, version in _installed().items()), "utf-8")
        command = [
            *(sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--quiet", "--no-input"),
            *("--disable-pip-version-check", "--report", str(report), "--target", str(Path(folder) / "nowhere")),
            *("--only-binary", ":all:", "--implementation", "cp", "--python-version", python),
            *(part for tag in _tags(machine) for part in ("--platform", tag)),
            *(("--no-deps",) if alone else ("--constraint", str(pins))),
            *(() if wheels is None else ("--find-links", str(wheels.resolve()))),
            *requirements,
        ]
        try:
            # A list, no shell.
            done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE_S, check=False)  # noqa: S603
        except subprocess.TimeoutExpired as error:
            raise SurroundingsError(f"pip gave no answer in {_PATIENCE_S:g} s; is the index reachable?") from error
        if done.returncode:
            raise _PipError(_last_error(done.stderr))
        return [_found(each, wheels) for each in json.loads(report.read_text("utf-8"))["install"]]


def _tags(machine: str) -> list[str]:
    return [
        *(f"manylinux_2_{minor}_{machine}" for minor in range(_GLIBC, _OLDEST_GLIBC - 1, -1)),
        f"manylinux2014_{machine}",
        f"linux_{machine}",
    ]


def _installed() -> dict[str, str]:
    found = {str(each.name): each.version for each in distributions() if each.name}
    return {name: version for name, version in sorted(found.items()) if not name.lower().startswith("surtitle")}


def _last_error(talk: str) -> str:
    lines = [line.strip().removeprefix("ERROR: ") for line in talk.splitlines() if line.startswith("ERROR")]
    return lines[-1] if lines else talk.strip()[-300:] or "pip failed without a word"


def _found(entry: Mapping[str, Any], wheels: Path | None) -> _Found:
    metadata, download = entry["metadata"], entry["download_info"]
    url = urlsplit(download["url"])
    package = Locked(
        name=metadata["name"].lower().replace("_", "-").replace(".", "-"),
        version=metadata["version"],
        sha256=(download["archive_info"]["hashes"]["sha256"],),
        license=_license(metadata),
    )
    path = Path(unquote(url.path))
    # What pip's own settings point to is its index, also where that is a folder.
    beside = wheels is not None and url.scheme == "file" and path.is_relative_to(wheels.resolve())
    return _Found(package, path if beside else None)


def _license(metadata: Mapping[str, Any]) -> str:
    told = metadata.get("license_expression") or metadata.get("license") or ""
    if told and len(told) <= 60 and "\n" not in told:
        return str(told)
    marks = [mark.rpartition(" :: ")[2] for mark in metadata.get("classifier", ()) if mark.startswith("License ::")]
    return ", ".join(marks)
