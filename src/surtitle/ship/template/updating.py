"""The template written into a new project, and a newer one merged into it: the files themselves.

An update that is killed loses nothing. All results are first written to one journal; from then on the next run
finishes what the journal says before it does anything else. A file that was edited in between is not overwritten: its
result goes beside it.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from surtitle import __version__
from surtitle.errors import Fault, SurroundingsError, UsageError
from surtitle.project import Project
from surtitle.settings import Settings
from surtitle.ship.ci import SCRIPTS
from surtitle.ship.template.merging import Step, has_markers, plan_update
from surtitle.ship.template.record import RECORD_NAME, Record, encode_record, read_record
from surtitle.ship.template.rendering import Forge, render_template
from surtitle.ship.writing import place_below, remember, replace_file, write_files

__all__ = ["Started", "plan_project_update", "start_project", "update_project"]

_JOURNAL = "update.json"


class Started(msgspec.Struct, frozen=True):
    """What a new project got.

    Parameters
    ----------
    written : tuple of str
        The paths of the template's files.
    kept : tuple of str
        Those that were there already and are not as the template has them; they were left as they are.
    """

    written: tuple[str, ...]
    kept: tuple[str, ...]


def start_project(root: Path, settings: Settings, forge: Forge) -> Started:
    """Write the template into a folder; files that are there are left as they are.

    Parameters
    ----------
    root : Path
        Made when it is missing.
    settings : Settings
        Of the project.
    forge : {"github", "gitlab", "none"}
        Whose pipeline.

    Raises
    ------
    UsageError
        If a path leads out of the folder.
    SurroundingsError
        If the folder cannot be written.
    """
    rendered = render_template(settings, forge)
    try:
        root.mkdir(parents=True, exist_ok=True)
        present = _present(root, rendered)
        kept = tuple(path for path, text in rendered.items() if present.get(path, text) != text)
        ours = {path: text for path, text in rendered.items() if path not in kept}
        write_files(root, ours, executable=SCRIPTS & ours.keys())
        record = Record(1, __version__, forge, {path: ours.get(path) for path in rendered})
        replace_file(root / RECORD_NAME, encode_record(record))
    except OSError as error:
        raise SurroundingsError(f"{root} cannot be written: {error.strerror}; choose another folder") from error
    return Started(tuple(ours), kept)


def plan_project_update(project: Project, forge: Forge | None = None) -> tuple[list[Step], Record]:
    """Decide what a newer template changes in a project; nothing is written.

    Parameters
    ----------
    project : Project
        With its settings as they are now: a change of owners or columns comes into the files, too.
    forge : {"github", "gitlab", "none"}, optional
        Whose pipeline; without it, the one that the project has.

    Returns
    -------
    list of Step, Record
        What to do, and what the record says afterwards.

    Raises
    ------
    UsageError
        If conflicts of an earlier update are still marked, or the record cannot be read.
    """
    record = read_record(project.root)
    forge = forge or (record.forge if record else "github")
    theirs = render_template(project.settings, forge)
    base: Mapping[str, str | None] = record.files if record else {}
    ours = _present(project.root, {**base, **theirs})
    unsettled = [path for path, text in ours.items() if isinstance(text, str) and has_markers(text)]
    if unsettled:
        faults = [Fault(path, "still has conflict marks of an earlier update") for path in unsettled]
        raise UsageError("settle these first: keep the lines that you want, and delete the marks", faults)
    steps = plan_update(base, ours, theirs)
    own = {step.path for step in steps if step.kind == "beside"} | {path for path, text in base.items() if text is None}
    files = {path: None if path in own else text for path, text in theirs.items()}
    return steps, Record(1, __version__, forge, files)


def update_project(project: Project, forge: Forge | None = None) -> list[Step]:
    """Merge the template as it is now into a project.

    Parameters
    ----------
    project, forge
        As of `plan_project_update`.

    Returns
    -------
    list of Step
        What was done; of an earlier update that was killed, too.

    Raises
    ------
    UsageError
        As of `plan_project_update`.
    SurroundingsError
        If git is missing, or the disk may not be written: then the next run goes on.
    """
    try:
        journal = project.state / _JOURNAL
        finished = _finish(project.root, journal)
        if any(step.kind == "conflict" for step in finished):
            return finished  # to be settled first
        steps, record = plan_project_update(project, forge)
        if steps or record != read_record(project.root):
            project.state.mkdir(exist_ok=True)
            replace_file(journal, msgspec.json.encode(_journal(project.root, steps, record)))
            steps = _finish(project.root, journal)
    except OSError as error:
        raise SurroundingsError(
            f"{error.filename or project.root}: {error.strerror}; mend that and run surtitle update again: it goes on"
        ) from error
    return [*finished, *steps]


class _Change(msgspec.Struct, frozen=True):
    """A step, and the hash of the file that it was decided on; None: there was none."""

    step: Step
    before: str | None


class _Journal(msgspec.Struct, frozen=True):
    changes: list[_Change]
    record: Record


def _journal(root: Path, steps: Sequence[Step], record: Record) -> _Journal:
    return _Journal([_Change(step, _digest_of(place_below(root, step.target))) for step in steps], record)


def _finish(root: Path, journal: Path) -> list[Step]:
    """Do what the journal says, as far as it is not done yet; without one, nothing."""
    try:
        found = msgspec.json.decode(journal.read_bytes(), type=_Journal)
    except FileNotFoundError:
        return []
    except msgspec.DecodeError as error:
        raise UsageError(f"{journal} cannot be read: {error}; delete it, and run surtitle update again") from error
    steps = [_apply(root, change) for change in found.changes]
    remember(root, {path: text for path, text in found.record.files.items() if text is not None})
    replace_file(root / RECORD_NAME, encode_record(found.record))
    journal.unlink()
    return steps


def _apply(root: Path, change: _Change) -> Step:
    step, path = change.step, place_below(root, change.step.target)
    if step.kind == "removed":
        if _digest_of(path) == change.before:
            path.unlink(missing_ok=True)
        return step
    if step.text is None:
        return step
    content = step.text.encode()
    now = _digest_of(path)
    if now not in (change.before, _digest(content)):
        step = Step(step.path, "beside", step.text)
        path = place_below(root, step.target)
    if now != _digest(content):
        replace_file(path, content, executable=step.path in SCRIPTS)
    return step


def _present(root: Path, paths: Iterable[str]) -> dict[str, str | bytes]:
    """Return what is under the paths: a text, or bytes for what no text can be merged into, such as a link."""
    found: dict[str, str | bytes] = {}
    for name in paths:
        path = place_below(root, name)
        if path.is_symlink() or path.is_dir():
            found[name] = b""
        elif path.exists():
            content = path.read_bytes()
            try:
                found[name] = content.decode()
            except UnicodeDecodeError:
                found[name] = content
    return found


def _digest_of(path: Path) -> str | None:
    return _digest(path.read_bytes()) if path.is_file() else None


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
