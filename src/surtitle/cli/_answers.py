"""What a new project is told, what is proposed for the rest, and the settings that follow."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from surtitle.errors import DataError, Fault, UsageError
from surtitle.prepare.layout import Layout
from surtitle.prepare.peek import Peek, peek
from surtitle.prepare.propose import ROLES, Proposal
from surtitle.project import parse_settings, relative_source, render_settings
from surtitle.settings import DataSettings, ProjectSettings, Settings

__all__ = ["Ask", "Told", "settings_for"]

_NEEDED = ("text", "label")
_DEFAULT_DELIMITERS = {"csv": ",", "tsv": "\t"}
_MARKS = {"\\t": "\t", "tab": "\t"}


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What the user said; None: nothing. An empty text says that there is none."""

    folder: Path
    data: str | None = None
    sql: str | None = None
    database: str | None = None
    format: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    quote: str | None = None
    header: bool | None = None
    columns: tuple[str, ...] = ()
    text: str | None = None
    label: str | None = None
    time: str | None = None
    client: str | None = None
    id: str | None = None
    positive: str | None = None
    overrides: tuple[str, ...] = ()


Ask = Callable[[str, str, tuple[str, ...]], str]
"""Given a role, the proposal for it and the columns there are, returns the user's answer."""


def settings_for(told: Told, here: Path, *, ask: Ask | None) -> Settings:
    """Return the settings of a new project.

    Parameters
    ----------
    told : Told
        What the user said.
    here : Path
        The folder that relative paths are relative to; absolute.
    ask : callable or None
        Asks what is neither told nor certain. None: take the proposals, but refuse to guess text and label.

    Raises
    ------
    UsageError
        If text or label is neither told nor plain.
    DataError
        If the data cannot be read, or lacks a column that was told.
    """
    if told.sql is not None:
        data = _from_sql(told, ask)
    else:
        seen = _look(told, here)
        data = _from_file(told, here, seen, ask)
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", (here / told.folder).resolve().name).strip("-._")[:100] or "model"
    settings = Settings(project=ProjectSettings(name=name), data=data)
    # Overrides are applied to the text, so that they go the way of --set everywhere else.
    return parse_settings(render_settings(settings), told.overrides, name="the new project")


def _from_sql(told: Told, ask: Ask | None) -> DataSettings:
    roles: dict[str, str] = {}
    for role in ROLES:
        answer = getattr(told, role)
        if answer is None and ask is not None:
            answer = ask(role, role if role in _NEEDED else "", ())
        roles[role] = answer or ""
    missing = [role for role in _NEEDED if not roles[role]]
    if missing:
        raise UsageError(f"name the query's columns: {' '.join(f'--{role} COLUMN' for role in missing)}")
    return _data_settings(told, roles, sql=told.sql, database=told.database or "")


def _look(told: Told, here: Path) -> Peek:
    delimiter = told.delimiter if told.delimiter is None else _MARKS.get(told.delimiter, told.delimiter)
    return peek(
        here,
        told.data or "",
        form=told.format or "auto",  # type: ignore[arg-type]  # typer has checked the word
        encoding=told.encoding or "utf-8",
        delimiter=delimiter,
        quote=told.quote,
        header=told.header,
        columns=told.columns,
    )


def _from_file(told: Told, here: Path, seen: Peek, ask: Ask | None) -> DataSettings:
    nameless = seen.layout is not None and not seen.layout.header and not told.columns
    roles: dict[str, str] = {}
    for role in ROLES:
        answer, proposed = getattr(told, role), getattr(seen.proposal, role)
        if answer is None and ask is not None:
            answer = ask(role, proposed, seen.names)
        roles[role] = proposed if answer is None else answer
    renamed: dict[str, str] = {}
    if nameless:
        renamed = _names_for(roles, seen.proposal, seen.names)
        roles = {role: renamed.get(name, name) for role, name in roles.items()}
    names = tuple(renamed.get(name, name) for name in seen.names)
    _check_roles(roles, names, seen)
    source = relative_source(here / (told.data or ""), (here / told.folder).resolve())
    return _data_settings(told, roles, source=source, **_layout_settings(seen.layout, names, told, seen.file))


def _names_for(roles: Mapping[str, str], proposal: Proposal, names: tuple[str, ...]) -> dict[str, str]:
    """Name the columns of a file without a header after what they hold, or as the user calls them."""
    renamed = {}
    for role, name in roles.items():
        column = name if name in names else getattr(proposal, role)
        if name and column:
            renamed[column] = role if name in names else name
    return renamed


def _check_roles(roles: Mapping[str, str], names: tuple[str, ...], seen: Peek) -> None:
    there = ", ".join(name or '""' for name in names)
    wrong = [
        Fault(f"--{role}", f"{seen.file} has no column {name!r}", f"there are: {there}")
        for role, name in roles.items()
        if name and name not in names
    ]
    if wrong:
        raise DataError("the data lacks columns that were named", wrong)
    unsure = [
        Fault(f"--{role}", "is not plain", f"name one of: {', '.join(seen.proposal.candidates[role]) or there}")
        for role in _NEEDED
        if not roles[role]
    ]
    if unsure:
        raise UsageError(f"which columns of {seen.file} hold text and label?", unsure)


def _layout_settings(layout: Layout | None, names: tuple[str, ...], told: Told, file: str) -> dict[str, Any]:
    if layout is None:
        return {}
    form = told.format or ("tsv" if ".tsv" in file.lower() or ".tab" in file.lower() else "csv")
    found: dict[str, Any] = {"quote": layout.quote, "header": layout.header}
    if layout.delimiter != _DEFAULT_DELIMITERS.get(form):
        found["delimiter"] = layout.delimiter
    if not layout.header:
        found["columns"] = names
    return found


def _data_settings(told: Told, roles: Mapping[str, str], **rest: Any) -> DataSettings:
    named: dict[str, Any] = {"format": told.format, "encoding": told.encoding, "positive": told.positive}
    said = {name: value for name, value in named.items() if value is not None}
    return DataSettings(**{**said, **roles, **rest})
