"""`surtitle.toml` -> typed settings, with every fault at once.

A value may name a secret as ``${NAME}``. Settings keep the reference, never the secret: `expand_secrets` is called by
the one place that needs it, so that a secret cannot reach a log, a report or an artefact.
"""

import difflib
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, get_args, get_origin

import msgspec
from msgspec import json as msgjson

from surtitle.errors import Fault, SettingsError
from surtitle.settings import Settings

__all__ = [
    "FILE_NAME",
    "Project",
    "expand_secrets",
    "find_project",
    "load_project",
    "missing_secrets",
    "parse_settings",
    "render_settings",
]

FILE_NAME = "surtitle.toml"
STATE_FOLDER = ".surtitle"
_SECRET = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_PASSWORD_IN_ADDRESS = re.compile(r"://[^:/@\s]+:(?!\$\{)[^@\s]+@|password\s*=\s*(?!\$\{)\S", re.IGNORECASE)


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
        """The folder for everything that Surtitle writes: cache, registry, lock."""
        return self.root / STATE_FOLDER


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
    raise SettingsError(f"no {FILE_NAME} in {start} or above it; make a project with: surtitle new NAME --data FILE")


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
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise SettingsError(f"{path} does not exist; make a project with: surtitle new NAME") from None
    except (UnicodeDecodeError, IsADirectoryError, PermissionError) as error:
        raise SettingsError(f"{path} cannot be read: {error}") from error
    return Project(root=root.resolve(), settings=parse_settings(text, overrides, name=str(path)))


def parse_settings(text: str, overrides: Sequence[str] = (), *, name: str = FILE_NAME) -> Settings:
    r"""Check the text of a settings file and return it typed and complete.

    Parameters
    ----------
    text : str
        TOML.
    overrides : sequence of str
        ``section.key=value``; values as in TOML, quotes around plain words may be left out.
    name : str
        The file's name, for messages.

    Raises
    ------
    SettingsError
        With every fault at once, each with its path.

    Examples
    --------
    >>> parse_settings("[data]\nsource = 'a.csv'", ["split.test=0.3"]).split.test
    0.3
    >>> parse_settings("[train]\nsee = 2.0")
    Traceback (most recent call last):
    surtitle.errors.SettingsError: surtitle.toml has 1 fault
      - train.see: is not a setting; did you mean train.c?
    """
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{name} is not valid TOML: {error}") from error
    faults: list[Fault] = []
    for override in overrides:
        _apply_override(tree, override, faults)
    values = _check_table(Settings, tree, "", faults)
    if not faults:
        settings = msgspec.convert(values, Settings)
        faults.extend(_cross_faults(settings))
    if faults:
        count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        raise SettingsError(f"{name} has {count}", faults)
    return settings


def _apply_override(tree: dict[str, Any], override: str, faults: list[Fault]) -> None:
    path, equals, raw = override.partition("=")
    *parents, key = (part.strip() for part in path.split("."))
    if not equals or not key or not parents:
        faults.append(Fault(f"--set {override}", "is not of the form section.key=value", "such as train.c=2.0"))
        return
    table = tree
    for parent in parents:
        table = table.setdefault(parent, {})
        if not isinstance(table, dict):
            faults.append(Fault(f"--set {override}", f"{parent} is not a section"))
            return
    table[key] = _parse_override(raw.strip())


def _parse_override(raw: str) -> Any:
    try:
        return tomllib.loads(f"value = {raw}")["value"]
    except tomllib.TOMLDecodeError:
        return raw


def _check_table(
    kind: type[msgspec.Struct], table: Mapping[str, Any], path: str, faults: list[Fault]
) -> dict[str, Any]:
    fields = {field.name: field for field in msgspec.structs.fields(kind)}
    checked: dict[str, Any] = {}
    for key, value in table.items():
        where = f"{path}.{key}" if path else key
        if key not in fields:
            faults.append(Fault(where, "is not a setting", _nearest(key, path)))
        elif _is_section(fields[key].type):
            if isinstance(value, dict):
                checked[key] = _check_table(fields[key].type, value, where, faults)
            else:
                faults.append(Fault(where, "is a section, not a value", f"write [{where}]"))
        else:
            _check_value(fields[key].type, value, where, checked, key, faults)
    return checked


def _check_value(kind: Any, value: Any, where: str, checked: dict[str, Any], key: str, faults: list[Fault]) -> None:
    try:
        checked[key] = msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        what = str(error).split(" - at ")[0]
        faults.append(Fault(where, f"{what[:1].lower()}{what[1:]}, got {value!r}"))


def _nearest(key: str, path: str) -> str:
    known = [where for where, *_ in _walk(Settings)]
    names = {where.rpartition(".")[2]: where for where in reversed(known)}
    siblings = {w.rpartition(".")[2]: w for w in known if w.rpartition(".")[0] == path}
    for candidates in (siblings, names):
        close = difflib.get_close_matches(key, candidates, n=1, cutoff=0.5)
        close = close or [name for name in candidates if name.startswith(key[:1]) and len(name) == 1]
        if close:
            return f"did you mean {candidates[close[0]]}?"
    return f"known here: {', '.join(sorted(siblings))}" if siblings else "see: surtitle config"


def _is_section(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _walk(kind: type[msgspec.Struct], path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Yield (path, type, default) of every section and setting, sections before what they hold."""
    for field in msgspec.structs.fields(kind):
        where = f"{path}.{field.name}" if path else field.name
        default = field.default if field.default is not msgspec.NODEFAULT else field.default_factory
        yield where, field.type, default
        if _is_section(field.type):
            yield from _walk(field.type, where)


def _cross_faults(settings: Settings) -> Iterator[Fault]:
    """Find what is wrong between settings that are each right."""
    data, split = settings.data, settings.split
    if bool(data.source) == bool(data.sql):
        what = "stands beside data.sql" if data.sql else "is missing, and so is data.sql"
        yield Fault("data.source", what, "set one of the two")
    if data.database and not data.sql:
        yield Fault("data.database", "is set without a query", "write one in data.sql")
    if not data.header and not data.columns and not data.sql and data.format in ("auto", "csv", "tsv"):
        yield Fault("data.columns", "is empty although data.header is false", 'name them: ["label", "text"]')
    if split.validation <= 0 or split.test <= 0:
        yield Fault("split", "validation and test must both be above 0")
    if split.validation + split.test >= 0.9:
        yield Fault("split", "validation and test leave less than a tenth for training", "lower one of them")
    if split.by == "time" and not data.time:
        yield Fault("split.by", "is time, but data.time names no column")
    if split.by == "group" and not split.group:
        yield Fault("split.by", "is group, but split.group names no column")
    if settings.costs.review >= max(settings.costs.false_negative, settings.costs.false_positive):
        yield Fault("costs.review", "costs as much as any mistake, so nothing would ever be reviewed", "lower it")
    yield from _secret_faults(settings)
    yield from _feature_faults(settings)
    yield from _name_faults(settings)


def _secret_faults(settings: Settings) -> Iterator[Fault]:
    for name in ("source", "sql", "database"):
        if _PASSWORD_IN_ADDRESS.search(getattr(settings.data, name)):
            yield Fault(f"data.{name}", "holds a password", "put it in the environment and write ${NAME}")


def _feature_faults(settings: Settings) -> Iterator[Fault]:
    features = settings.features
    for name in ("word_ngrams", "char_ngrams"):
        span = getattr(features, name)
        if span and (len(span) != 2 or span[0] > span[1]):
            yield Fault(f"features.{name}", f"must be [shortest, longest] or [], got {span}")
    if not features.word_ngrams and not features.char_ngrams:
        yield Fault("features", "word_ngrams and char_ngrams are both empty", "keep one of the two")
    known = {"client", *settings.evaluate.slices}
    for name in settings.gate.slices:
        if name not in known:
            yield Fault("gate.slices", f"names {name!r}, which is not measured", "add it to evaluate.slices")


def _name_faults(settings: Settings) -> Iterator[Fault]:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", settings.project.name):
        yield Fault("project.name", f"{settings.project.name!r} must be letters, digits, dots or dashes")
    for path in ("data.prepare", "train.estimator"):
        section, key = path.split(".")
        value = getattr(getattr(settings, section), key)
        if value and not re.fullmatch(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*", value):
            yield Fault(path, f"{value!r} is not of the form module:function")


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


def render_settings(settings: Settings, *, only_changed: bool = False) -> str:
    r"""Write settings as TOML, with a comment for every one.

    Parameters
    ----------
    settings : Settings
        What to write.
    only_changed : bool
        Leave out what stands at its default.

    Examples
    --------
    >>> settings = parse_settings("[data]\nsource = 'a.csv'")
    >>> print(render_settings(settings, only_changed=True))
    # Where the labelled text is and what its columns mean.
    [data]
    # a file, a folder of files or a pattern, relative to this file
    source = "a.csv"
    <BLANKLINE>
    >>> parse_settings(render_settings(settings)) == settings
    True
    """
    lines: list[str] = []
    _render_table(settings, "", lines, only_changed=only_changed)
    return "\n".join(lines).strip() + "\n"


def _render_table(table: msgspec.Struct, path: str, lines: list[str], *, only_changed: bool) -> None:
    start = len(lines)
    for field in msgspec.structs.fields(table):
        value = getattr(table, field.name)
        where = f"{path}.{field.name}" if path else field.name
        if _is_section(field.type):
            _render_table(value, where, lines, only_changed=only_changed)
            continue
        default = field.default if field.default is not msgspec.NODEFAULT else field.default_factory()
        if only_changed and value == default:
            continue
        if len(lines) == start:
            doc = (type(table).__doc__ or "").strip().splitlines()[0]
            lines += ["", f"# {doc}", f"[{path}]"]
        lines += _render_field(field, value)


def _render_field(field: msgspec.structs.FieldInfo, value: Any) -> list[str]:
    comment = _description(field.type)
    choices = _choices(field.type)
    if choices:
        comment = f"{comment} ({' | '.join(choices)})" if comment else " | ".join(choices)
    line = f"{field.name} = {_toml(value)}"
    return [f"# {comment}", line] if comment else [line]


def _description(kind: Any) -> str:
    for meta in getattr(kind, "__metadata__", ()):
        if isinstance(meta, msgspec.Meta) and meta.description:
            return meta.description
    return ""


def _choices(kind: Any) -> list[str]:
    """Return the words a setting may be, where it is one of several."""
    if hasattr(kind, "__metadata__"):
        return _choices(get_args(kind)[0])
    if str(get_origin(kind)) == "typing.Literal":
        return [str(value) for value in get_args(kind)]
    return []


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    if isinstance(value, str):
        # JSON's string escapes are a subset of TOML's basic strings, but for DEL, which TOML wants escaped.
        return msgjson.encode(value).decode().replace("\x7f", "\\u007f")
    return repr(value)
