"""What is shown: results on stdout, talk on stderr, nothing in a user's text able to act on the terminal."""

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from surtitle.records import Interval

__all__ = [
    "METRIC_NAMES",
    "console",
    "metric_rows",
    "print_json",
    "say",
    "show",
    "storable",
    "table",
    "visible",
]

# In a pipe or a file, lines are not broken: whoever reads them, a person or grep, does better with whole ones.
_WIDTH_WITHOUT_TERMINAL = 10_000
METRIC_NAMES: Mapping[str, str] = {
    "auc": "AUC",
    "average_precision": "average precision",
    "macro_f1": "macro F1",
    "log_loss": "log loss",
    "brier": "Brier score",
    "ece": "calibration error",
}


def visible(text: str, *, keep: str = "") -> str:
    r"""Write control characters and other invisible ones as escapes, so that a text cannot act on the terminal.

    Examples
    --------
    >>> visible("a\x1b[2Jb\tc\u202e")
    'a\\x1b[2Jb\\tc\\u202e'
    """
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() or character in keep else ascii(character)[1:-1] for character in text
    )


def storable(value: Any) -> Any:
    r"""Replace the lone surrogates of a text, which no file can hold; other values stay as they are.

    Examples
    --------
    >>> storable("caf\udce9")
    'caf?'
    """
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) and not value.isascii() else value


def say(message: str, *, failed: bool = False) -> None:
    """Write a message to stderr."""
    mark = "error: " if failed else ""
    print(f"{mark}{visible(message, keep=chr(10))}", file=sys.stderr)  # noqa: T201 the command line may print


def print_json(result: Any) -> None:
    """Write one JSON object to stdout, on one line."""
    import msgspec

    sys.stdout.write(msgspec.json.encode(result, enc_hook=str).decode() + "\n")


def console(stream: TextIO | None = None) -> "Console":
    """Return a rich console that takes text literally: no markup, no emoji codes, no guessed highlights."""
    from rich.console import Console

    file = stream or sys.stdout
    width = None if file.isatty() else _WIDTH_WITHOUT_TERMINAL
    return Console(file=file, markup=False, emoji=False, highlight=False, width=width)


def show(*parts: "RenderableType") -> None:
    """Render to stdout."""
    out = console()
    for part in parts:
        out.print(part)


def table(columns: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[int] = ()) -> "RenderableType":
    """Return a plain table; the columns numbered in `right` are set flush right."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    made = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
    for place, name in enumerate(columns):
        made.add_column(name, justify="right" if place in right else "left", overflow="fold")
    for row in rows:
        made.add_row(*(visible(cell) for cell in row))
    return made


def metric_rows(metrics: Mapping[str, "Interval"]) -> list[list[str]]:
    """Return name, value and interval of each metric, the known ones first and under their usual names."""
    names = [name for name in METRIC_NAMES if name in metrics] + [name for name in metrics if name not in METRIC_NAMES]
    return [
        [METRIC_NAMES.get(name, name), f"{found.value:.3f}", f"{found.low:.3f} to {found.high:.3f}"]
        for name in names
        for found in (metrics[name],)
    ]
