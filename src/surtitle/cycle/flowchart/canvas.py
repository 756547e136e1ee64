"""A grid of terminal cells: text, and lines that join where they meet."""

from collections.abc import Iterator
from itertools import groupby

from surtitle.cycle.flowchart.labels import columns

__all__ = ["Canvas"]

_UP, _DOWN, _LEFT, _RIGHT = 1, 2, 4, 8
_JOINTS = {
    _UP | _DOWN: "│",
    _LEFT | _RIGHT: "─",
    _DOWN | _RIGHT: "╭",
    _DOWN | _LEFT: "╮",
    _UP | _RIGHT: "╰",
    _UP | _LEFT: "╯",
    _UP | _DOWN | _RIGHT: "├",
    _UP | _DOWN | _LEFT: "┤",
    _DOWN | _LEFT | _RIGHT: "┬",
    _UP | _LEFT | _RIGHT: "┴",
    _UP | _DOWN | _LEFT | _RIGHT: "┼",
}
_LINE_STYLE = "2"


class Canvas:
    r"""Cells that are written to and then read as lines; it grows as needed.

    Examples
    --------
    >>> canvas = Canvas()
    >>> canvas.write(0, 0, "a")
    >>> canvas.down(0, 1, 2)
    >>> canvas.across(2, 0, 4)
    >>> canvas.drop(4, 2)
    >>> canvas.down(4, 3, 3)
    >>> print("\n".join(canvas.lines(colour=False)))
    a
    │
    ╰───╮
        │
    """

    def __init__(self) -> None:
        self._text: dict[tuple[int, int], tuple[str, str]] = {}
        self._arms: dict[tuple[int, int], int] = {}

    def write(self, x: int, y: int, text: str, style: str = "") -> None:
        """Put `text` at column `x` of row `y`; `style` is an ANSI sequence's parameters, such as ``1;34``."""
        at = x - 1
        for char in text:
            wide = columns(char)
            if wide == 0 and (at, y) in self._text:  # a combining mark belongs to the cell before it
                before, same = self._text[at, y]
                self._text[at, y] = (before + char, same)
                continue
            at = x
            self._text[x, y] = (char, style)
            if wide == 2:
                self._text[x + 1, y] = ("", style)
            x += wide

    def down(self, x: int, top: int, bottom: int) -> None:
        """Draw a line down column `x` from the top edge of row `top` to the middle of row `bottom`."""
        for y in range(top, bottom):
            self._join(x, y, _UP | _DOWN)
        self._join(x, bottom, _UP)

    def across(self, y: int, start: int, end: int) -> None:
        """Draw a line along row `y` between the middles of two columns."""
        left, right = sorted((start, end))
        if left == right:
            return
        self._join(left, y, _RIGHT)
        for x in range(left + 1, right):
            self._join(x, y, _LEFT | _RIGHT)
        self._join(right, y, _LEFT)

    def drop(self, x: int, y: int) -> None:
        """Let the line in column `x` of row `y` go on from the middle of the cell to its bottom edge."""
        self._join(x, y, _DOWN)

    def _join(self, x: int, y: int, arms: int) -> None:
        self._arms[x, y] = self._arms.get((x, y), 0) | arms

    def lines(self, *, colour: bool) -> Iterator[str]:
        """Yield the rows from top to bottom, without blanks at their ends."""
        cells = {at: (_JOINTS.get(arms, "│"), _LINE_STYLE) for at, arms in self._arms.items()} | self._text
        rows: dict[int, dict[int, tuple[str, str]]] = {}
        for (x, y), cell in cells.items():
            rows.setdefault(y, {})[x] = cell
        for y in range(max(rows, default=-1) + 1):
            row = rows.get(y, {})
            yield _paint([row.get(x, (" ", "")) for x in range(max(row, default=-1) + 1)], colour=colour)


def _paint(cells: list[tuple[str, str]], *, colour: bool) -> str:
    if not colour:
        return "".join(char for char, _ in cells).rstrip()
    runs = [(style, "".join(char for char, _ in run)) for style, run in groupby(cells, key=lambda cell: cell[1])]
    return "".join(f"\x1b[{style}m{text}\x1b[0m" if style else text for style, text in runs).rstrip()
