"""Projects for tests."""

import gzip
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa

from surtitle.prepare import Checked, Finding, check
from surtitle.project import Project, parse_settings

NOW = datetime(2026, 1, 1, tzinfo=UTC)
REAL = Path(__file__).resolve().parents[2] / "../shared/data"


def make_project(root: Path, **tables: Mapping[str, object]) -> Project:
    """Return a project with these settings, `data.source` being ``a.csv`` where nothing else is said."""
    data = dict(tables.pop("data", {}))
    if "sql" not in data:
        data.setdefault("source", "a.csv")
    lines = []
    for name, table in {"data": data, **tables}.items():
        lines.append(f"[{name}]")
        lines += [f"{key} = {_toml(value)}" for key, value in table.items()]
    return Project(root, parse_settings("\n".join(lines)))


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t").replace("\n", "\\n") + '"'
    return str(value)


def look(project: Project, environ: Mapping[str, str] | None = None) -> Checked:
    return check(project, now=NOW, environ=environ or {})


def findings(checked: Checked, name: str) -> list[Finding]:
    return [finding for finding in checked.findings if finding.check == name]


def only(checked: Checked, name: str) -> Finding:
    (found,) = findings(checked, name)
    return found


def rows(n: int, *, start: int = 0) -> list[tuple[str, str]]:
    """Return `n` distinct texts, labelled in turn 0 and 1 after a hash, so that the order says nothing."""
    return [
        (f"comment number {i} says {i * 7919 % 1009}", str(i * 2654435761 >> 7 & 1)) for i in range(start, start + n)
    ]


def csv_text(pairs: list[tuple[str, str]], header: str = "text,label") -> str:
    return "\n".join([header, *(f'"{text}",{label}' for text, label in pairs)]) + "\n"


def write(path: Path, content: str | bytes) -> None:
    """Write text as UTF-8, packed as the name says."""
    raw = content.encode() if isinstance(content, str) else content
    if path.suffix == ".gz":
        raw = gzip.compress(raw)
    if path.suffix == ".zst":
        raw = pa.compress(raw, codec="zstd", asbytes=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(raw)


def texts(checked: Checked) -> list[str]:
    """Return the texts of all splits, sorted."""
    assert checked.prepared is not None, checked.findings
    prepared = checked.prepared
    return sorted(t for split in prepared.counts for t in prepared.load(split).column("text").to_pylist())
