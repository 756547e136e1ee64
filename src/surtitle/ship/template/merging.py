"""A newer template brought into files that were edited since: decided here, done in `updating`. Pure but for git.

The three texts of a file are *base*, what the template wrote last; *ours*, what is in the project; and *theirs*, what
the template says now. Where only one of ours and theirs differs from base, that one is taken; where both do, they are
merged line by line by ``git merge-file``, which marks what cannot be merged. Ours is never given up: where it cannot
take part in a merge, theirs goes into a file beside it.
"""

import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import msgspec

from surtitle.errors import SurroundingsError

__all__ = ["BESIDE", "Kind", "Step", "has_markers", "merge_texts", "plan_update"]

BESIDE = ".from-template"
"""What is appended to a file's name where the template's text cannot go into the file itself."""
Kind = Literal["added", "updated", "merged", "conflict", "beside", "removed", "kept", "left out"]
_MARKS = ("<<<<<<< yours", ">>>>>>> template")
_GIT_LIMIT_S = 60


class Step(msgspec.Struct, frozen=True):
    """What is to become of one file.

    Parameters
    ----------
    path : str
        Of the file in the template.
    kind : str
        `added`, `updated` or `removed`: nobody had touched it. `merged`: both had changed it, in different places.
        `conflict`: both in one place, which is marked. `beside`: the template's text went beside it. `kept`: the
        template has it no more, but you have edited it. `left out`: you had deleted it.
    text : str or None
        To write; None: nothing, or delete it where it is `removed`.
    """

    path: str
    kind: Kind
    text: str | None = None

    @property
    def target(self) -> str:
        """The path to write to."""
        return f"{self.path}{BESIDE}" if self.kind == "beside" else self.path


def plan_update(
    base: Mapping[str, str | None], ours: Mapping[str, str | bytes], theirs: Mapping[str, str]
) -> list[Step]:
    """Decide about each file whose template has changed; others are left as they are.

    Parameters
    ----------
    base, theirs : mapping of str to str
        The template's texts by path: as written last, and as they are now. None in `base`: leave that file alone.
    ours : mapping of str to str or bytes
        What is in the project under those paths; bytes: something that no text can be merged into.
    """
    paths = sorted(path for path in {*base, *theirs} if base.get(path, "") is not None)
    steps = (_decide(path, base.get(path), ours.get(path), theirs.get(path)) for path in paths)
    return [step for step in steps if step is not None]


def _decide(path: str, base: str | None, ours: str | bytes | None, theirs: str | None) -> Step | None:
    if theirs in (base, ours):
        return None
    if theirs is None:
        return _drop(path, base, ours)
    if ours is None:
        return Step(path, "added", theirs) if base is None else Step(path, "left out")
    if ours == base:
        return Step(path, "updated", theirs)
    if base is None or isinstance(ours, bytes):
        return Step(path, "beside", theirs)
    merged, conflicts = merge_texts(base, ours, theirs)
    return Step(path, "conflict" if conflicts else "merged", merged)


def _drop(path: str, base: str | None, ours: str | bytes | None) -> Step | None:
    if ours is None:
        return None
    return Step(path, "removed" if ours == base else "kept")


def merge_texts(base: str, ours: str, theirs: str) -> tuple[str, int]:
    r"""Merge two texts that come from one; return the merged text and how many places are marked in it.

    The line ends of `ours` are kept.

    Raises
    ------
    SurroundingsError
        If git is missing or fails.

    Examples
    --------
    >>> merge_texts("a\nb\nc\nd\n", "mine\nb\nc\nd\n", "a\nb\nc\nnew\n")
    ('mine\nb\nc\nnew\n', 0)
    """
    windows = "\r\n" in ours and ours.count("\r\n") == ours.count("\n")
    if windows:
        ours = ours.replace("\r\n", "\n")
    merged, conflicts = _git_merge(base, ours, theirs)
    return (merged.replace("\n", "\r\n") if windows else merged), conflicts


def _git_merge(base: str, ours: str, theirs: str) -> tuple[str, int]:
    with tempfile.TemporaryDirectory(prefix="surtitle-") as folder:
        texts = (("ours", ours), ("base", base), ("theirs", theirs))
        for name, text in texts:
            (Path(folder) / name).write_bytes(text.encode())
        labels = ("yours", "template before", "template")
        options = [part for label in labels for part in ("-L", label)]
        command = ["git", "merge-file", "-p", "--diff3", *options, *(name for name, _ in texts)]
        try:
            done = subprocess.run(command, cwd=folder, capture_output=True, timeout=_GIT_LIMIT_S, check=False)  # noqa: S603 our own words
        except (FileNotFoundError, subprocess.TimeoutExpired) as error:
            raise SurroundingsError(f"git, which merges the files, does not run ({error}); install git") from error
    # Up to 127 it is the number of conflicts, above that an error.
    if not 0 <= done.returncode <= 127:
        raise SurroundingsError(f"git merge-file failed: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout.decode(), done.returncode


def has_markers(text: str) -> bool:
    """Say whether a conflict of an earlier update still stands in a text."""
    return any(line.startswith(_MARKS) for line in text.splitlines())
