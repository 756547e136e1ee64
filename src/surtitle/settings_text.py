"""Settings to TOML and back: PURE, every fault at once, a comment for every setting."""

import difflib
import math
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args, get_origin

import msgspec
from msgspec import inspect as msginspect
from msgspec import json as msgjson

from surtitle.errors import Fault, SettingsError
from surtitle.settings import Settings
from surtitle.settings_rules import faults_between

__all__ = ["parse_settings", "render_settings"]


def parse_settings(text: str, overrides: Sequence[str] = (), *, name: str = "surtitle.toml") -> Settings:
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
    >>> parse_settings("[data]\nsource = 'a.csv'\n[train]\nbalanced = 1\nc = 'a'")
    Traceback (most recent call last):
    surtitle.errors.SettingsError: surtitle.toml has 2 faults
      - train.balanced: is not a setting; did you mean train.balance?
      - train.c: must be a number above 0 or "auto", got "a"
    """
    try:
        tree = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise SettingsError(f"{name} is not valid TOML: {error}") from error
    faults: list[Fault] = []
    for override in overrides:
        _apply_override(tree, override, faults)
    values = _check_table(Settings, tree, "", faults)
    if not faults:
        settings = msgspec.convert(values, Settings)
        faults.extend(faults_between(settings))
    if faults:
        count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        raise SettingsError(f"{name} has {count}", faults)
    return settings


def _apply_override(tree: dict[str, Any], override: str, faults: list[Fault]) -> None:
    path, equals, raw = override.partition("=")
    *parents, key = (part.strip() for part in path.split("."))
    if not equals or not key or not all(parents) or not parents:
        faults.append(Fault(f"--set {override}", "is not of the form section.key=value", "such as train.c=2.0"))
        return
    table = tree
    for parent in parents:
        table = table.setdefault(parent, {})
        if not isinstance(table, dict):
            faults.append(Fault(f"--set {override}", f"{parent} is not a section"))
            return
    table[key] = _parse_override(raw.strip(), ".".join([*parents, key]))


def _parse_override(raw: str, path: str) -> Any:
    kinds = dict(_walk(Settings))
    try:
        parsed = tomllib.loads(f"value = {raw}")
    except tomllib.TOMLDecodeError:
        return raw
    # A line break inside `raw` could smuggle in further keys; on a command line, a text such as 1 needs no quotes.
    if parsed.keys() != {"value"} or (_is_text(kinds.get(path)) and not isinstance(parsed["value"], str)):
        return raw
    return parsed["value"]


def _is_text(kind: Any) -> bool:
    return kind is not None and isinstance(_bare(kind), msginspect.StrType)


def _check_table(
    kind: type[msgspec.Struct], table: Mapping[str, Any], path: str, faults: list[Fault]
) -> dict[str, Any]:
    fields = {field.name: field for field in msgspec.structs.fields(kind)}
    checked: dict[str, Any] = {}
    for key, value in table.items():
        where = f"{path}.{key}" if path else key
        if key not in fields:
            what = "is not a section" if isinstance(value, dict) else "is not a setting"
            faults.append(Fault(where, what, _nearest(key, path)))
        elif not _is_section(fields[key].type):
            fault = _value_fault(fields[key].type, value, where)
            if fault:
                faults.append(fault)
            else:
                checked[key] = value
        elif isinstance(value, dict):
            checked[key] = _check_table(fields[key].type, value, where, faults)
        else:
            faults.append(Fault(where, "is a section, not a value", f"write [{where}]"))
    return checked


def _value_fault(kind: Any, value: Any, where: str) -> Fault | None:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError:
        right = False
    else:
        right = not (isinstance(value, float) and not math.isfinite(value)) and not _has_lone_surrogate(value)
    if right:
        return None
    shown = _shown(value)
    remedy = f'write it in quotes: "{shown}"' if _is_text(kind) and isinstance(value, (bool, int, float)) else ""
    return Fault(where, f"must be {_expectation(kind)}, got {shown}", remedy)


def _has_lone_surrogate(value: Any) -> bool:
    # A command line whose bytes are not UTF-8 reaches Python as lone surrogates, which no file can hold.
    return isinstance(value, str) and any("\ud800" <= character <= "\udfff" for character in value)


def _shown(value: Any) -> str:
    if isinstance(value, (bool, int, float, str, list)) and not _has_lone_surrogate(value):
        text = _toml(value)
    else:
        text = ascii(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _expectation(kind: Any) -> str:
    choices = _choices(kind)
    if choices:
        return "one of " + ", ".join(f'"{choice}"' for choice in choices)
    return _described(_bare(kind))


def _bare(kind: Any) -> msginspect.Type:
    shape = kind if isinstance(kind, msginspect.Type) else msginspect.type_info(kind)
    while isinstance(shape, msginspect.Metadata):
        shape = shape.type
    return shape


def _described(shape: msginspect.Type) -> str:
    match shape:
        case msginspect.BoolType():
            return "true or false"
        case msginspect.IntType() | msginspect.FloatType():
            noun = "a whole number" if isinstance(shape, msginspect.IntType) else "a number"
            return f"{noun}{_bounds(shape)}"
        case msginspect.StrType():
            return f"text of at most {shape.max_length} character" if shape.max_length else "text in quotes"
        case msginspect.VarTupleType():
            size = f" of at most {shape.max_length} items" if shape.max_length else ""
            return f"a list{size} in brackets, each {_described(_bare(shape.item_type))}"
        case msginspect.LiteralType():
            return " or ".join(f'"{value}"' for value in shape.values)
        case msginspect.UnionType():
            return " or ".join(_described(_bare(part)) for part in shape.types)
        case _:
            return type(shape).__name__


def _bounds(shape: msginspect.IntType | msginspect.FloatType) -> str:
    names = {"gt": "above", "ge": "of at least", "lt": "below", "le": "at most"}
    found = [f"{word} {bound:g}" for name, word in names.items() if (bound := getattr(shape, name)) is not None]
    return f" {' and '.join(found)}" if found else ""


def _nearest(key: str, path: str) -> str:
    """Point to what was probably meant: first beside it, then anywhere."""
    known = [where for where, _ in _walk(Settings)]
    beside = {_last(where): where for where in known if where.rpartition(".")[0] == path}
    anywhere = {_last(where): where for where in reversed(known)}
    for candidates, cutoff in ((beside, 0.6), (anywhere, 0.8)):
        close = difflib.get_close_matches(key.lower(), candidates, n=1, cutoff=cutoff)
        if close:
            return f"did you mean {candidates[close[0]]}?"
    return f"known here: {', '.join(sorted(beside))}" if beside else "see: surtitle config"


def _last(where: str) -> str:
    return where.rpartition(".")[2]


def _is_section(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _walk(kind: type[msgspec.Struct], path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield (path, type) of every section and setting, sections before what they hold."""
    for field in msgspec.structs.fields(kind):
        where = f"{path}.{field.name}" if path else field.name
        yield where, field.type
        if _is_section(field.type):
            yield from _walk(field.type, where)


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
        if only_changed and value == field.default:
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
    """Return the words a setting may be, in the order they are declared, where it is one of several."""
    if hasattr(kind, "__metadata__"):
        return _choices(get_args(kind)[0])
    if str(get_origin(kind)) == "typing.Literal":
        return [str(value) for value in get_args(kind)]
    return []


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (tuple, list)):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    if isinstance(value, str):
        # JSON's string escapes are a subset of TOML's basic strings, but for DEL, which TOML wants escaped.
        return msgjson.encode(value).decode().replace("\x7f", "\\u007f")
    return repr(value)
