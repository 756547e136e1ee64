"""A project: the folder with a `surtitle.toml`, found, read and made.

A value may name a secret as ``${NAME}``. Settings keep the reference, never the secret: `expand_secrets` is called by
the one place that needs it, so that a secret cannot reach a log, a report or an artefact.
"""

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from surtitle.errors import Fault, SettingsError, SurroundingsError
from surtitle.settings import Settings
from surtitle.settings_text import parse_settings, render_settings

__all__ = [
    "FILE_NAME",
    "STATE_FOLDER",
    "Project",
    "create_project",
    "expand_secrets",
    "find_project",
    "load_project",
    "missing_secrets",
    "parse_settings",
    "relative_source",
    "render_settings",
]

FILE_NAME = "surtitle.toml"
STATE_FOLDER = ".surtitle"
MAX_FILE_BYTES = 1_000_000
_SECRET = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_HEADER = """\
# A Surtitle project. Only what differs from the defaults stands here; every setting, with its meaning:
#     surtitle config

"""


class Project(msgspec.Struct, frozen=True):
    """A folder with a `surtitle.toml`.

    Parameters
    ----------
    root : Path
        The folder, absolute.
    settings : Settings
        Typed, complete.
    """

    root: Path
    settings: Settings

    @property
    def state(self) -> Path:
        """The folder for everything that Surtitle writes, apart from a registry that is elsewhere."""
        return self.root / STATE_FOLDER

    @property
    def registry(self) -> Path:
        """The folder of versions and aliases."""
        return self.root / self.settings.project.registry


def find_project(start: Path) -> Path:
    """Return the nearest folder, from `start` upwards, that holds a `surtitle.toml`.

    Raises
    ------
    SettingsError
        If there is none.
    """
    for folder in (start.resolve(), *start.resolve().parents):
        if (folder / FILE_NAME).is_file():
            return folder
    raise SettingsError(
        f"no {FILE_NAME} in {start.resolve()} or above it; make a project with: surtitle new NAME --data FILE"
    )


def load_project(root: Path, overrides: Sequence[str] = ()) -> Project:
    """Read the project in `root`.

    Parameters
    ----------
    root : Path
        A folder that holds a `surtitle.toml`.
    overrides : sequence of str
        Each as ``section.key=value``, as of ``--set``.

    Raises
    ------
    SettingsError
        With every fault of the file and of the overrides.
    """
    path = root / FILE_NAME
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
        text = content.decode("utf-8-sig")
    except (FileNotFoundError, NotADirectoryError):
        raise SettingsError(f"{path} does not exist; make a project with: surtitle new NAME --data FILE") from None
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
        raise SettingsError(f"{path}, line {row}: a byte that is not UTF-8; save the file as UTF-8") from error
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}") from error
    if len(content) > MAX_FILE_BYTES:
        raise SettingsError(f"{path} is larger than {MAX_FILE_BYTES:,} bytes, so it is not a settings file")
    return Project(root=root.resolve(), settings=parse_settings(text, overrides, name=str(path)))


def create_project(root: Path, settings: Settings) -> Project:
    """Make the folder `root` a project: a short `surtitle.toml` and a `.gitignore` for what Surtitle writes.

    Other files in the folder stay as they are.

    Raises
    ------
    SettingsError
        If the settings hold faults, or `root` is a project already: nothing is overwritten.
    SurroundingsError
        If the folder cannot be written.
    """
    parse_settings(render_settings(settings))
    path = root / FILE_NAME
    try:
        root.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(_HEADER + render_settings(settings, only_changed=True))
        _ignore_state(root / ".gitignore")
    except FileExistsError as error:
        what = f"{path} exists" if path.exists() else f"{root} is a file"
        raise SettingsError(f"{what} and is not overwritten; choose another name or edit it") from error
    except OSError as error:
        raise SurroundingsError(f"{root} cannot be written: {error.strerror}; choose another folder") from error
    return Project(root=root.resolve(), settings=settings)


def _ignore_state(path: Path) -> None:
    line = f"{STATE_FOLDER}/"
    known = path.read_text(encoding="utf-8", errors="surrogateescape") if path.exists() else ""
    if line in known.splitlines():
        return
    with path.open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n" if known and not known.endswith("\n") else f"{line}\n")


def relative_source(data: Path, root: Path) -> str:
    """Return how a project in `root` should name the file `data`.

    Relative where the two lie together, so that the pair can be moved; absolute otherwise. Both need to be absolute.

    Examples
    --------
    >>> relative_source(Path("/home/me/comments.csv"), Path("/home/me/moderation"))
    '../comments.csv'
    >>> relative_source(Path("/data/comments.csv"), Path("/home/me/moderation"))
    '/data/comments.csv'
    """
    together = data.is_relative_to(root.parent) and root.parent != Path(root.anchor)
    return Path(os.path.relpath(data, root)).as_posix() if together else str(data)


def expand_secrets(value: str, environ: Mapping[str, str]) -> str:
    """Replace each ``${NAME}`` by the environment's value.

    Raises
    ------
    SettingsError
        If a name is not set; the message never holds a value.

    Examples
    --------
    >>> expand_secrets("postgresql://me:${PW}@db/base", {"PW": "s3cret"})
    'postgresql://me:s3cret@db/base'
    """
    missing = missing_secrets(value, environ)
    if missing:
        raise SettingsError(
            "the environment lacks " + ", ".join(missing), [Fault(f"${{{n}}}", "is not set") for n in missing]
        )
    return _SECRET.sub(lambda match: environ[match[1]], value)


def missing_secrets(value: str, environ: Mapping[str, str]) -> list[str]:
    """Return the names in `value` that the environment does not set."""
    return sorted({name for name in _SECRET.findall(value) if name not in environ})
