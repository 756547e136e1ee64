"""A flowchart for the terminal: boxes and lines, or an outline where the boxes do not fit."""

from collections.abc import Iterator, Sequence

import msgspec

from surtitle.cycle.flowchart.canvas import Canvas
from surtitle.cycle.flowchart.labels import clean_label, columns, shorten, wrap, wrap_facts
from surtitle.cycle.flowchart.layout import Layout, lay_out, place
from surtitle.cycle.flowchart.plan import Kind, Node, Plan, State
from surtitle.cycle.flowchart.style import STATE_MARKS, STATE_WORDS
from surtitle.errors import UsageError

__all__ = ["LEAST_WIDTH", "to_text"]

LEAST_WIDTH = 20
_WIDEST_BOX, _NARROWEST_BOX = 47, 22
_GAP = 2
_KIND_MARKS: dict[Kind, str] = {"data": "≡", "stage": "▷", "artefact": "◆", "use": "→"}
_KIND_STYLES: dict[Kind, str] = {"data": "34", "stage": "35", "artefact": "36", "use": "33"}
_STATE_STYLES: dict[State, str] = {"fresh": "32", "stale": "1;33", "missing": "2", "unknown": "2"}
_SOFT, _STRONG = "2", "1"


class _Box(msgspec.Struct, frozen=True):
    node: Node
    x: int
    width: int
    title: str
    state: str
    lines: list[tuple[str, str]]  # text and style

    @property
    def port(self) -> int:
        return self.x + self.width // 2


def to_text(plan: Plan, width: int, *, colour: bool) -> str:
    r"""Draw `plan` with box-drawing characters, at most `width` columns wide.

    Parameters
    ----------
    plan : Plan
        What to draw.
    width : int
        Columns of the terminal, at least 20.
    colour : bool
        Whether to use ANSI colours.

    Raises
    ------
    UsageError
        If the plan cannot be drawn, or not in so few columns.

    Examples
    --------
    >>> data, train = Node("d", "a.csv", "data", "fresh", "2 rows"), Node("t", "train", "stage", "missing")
    >>> print(to_text(Plan("demo", (data, train), (("d", "t"),)), 30, colour=False))
    demo
    <BLANKLINE>
    ╭─ ≡ a.csv ──────── ● fresh ─╮
    │ 2 rows                     │
    ╰──────────────┬─────────────╯
                   ▼
    ╭╌ ▷ train ╌╌╌╌╌ ○ not made ╌╮
    ╰╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╯
    <BLANKLINE>
    ≡ data · ▷ stage · ● fresh
    ○ not made
    """
    if width < LEAST_WIDTH:
        raise UsageError(f"a flowchart needs at least {LEAST_WIDTH} columns, got {width}; write it with --svg instead")
    layout = lay_out(plan)
    placed = _fit(layout, width)
    body = _outline(plan, width, colour=colour) if placed is None else _draw(plan, layout, *placed, colour=colour)
    name = _style(shorten(clean_label(plan.name), width, columns), _STRONG, colour=colour)
    legend = [_style(line, _SOFT, colour=colour) for line in _legend(plan, width)]
    return "\n".join([name, "", *body, "", *legend])


def _legend(plan: Plan, width: int) -> list[str]:
    kinds = {node.kind for node in plan.nodes}
    states = {node.state for node in plan.nodes}
    marks = [f"{mark} {kind}" for kind, mark in _KIND_MARKS.items() if kind in kinds]
    marks += [f"{mark} {STATE_WORDS[state]}" for state, mark in STATE_MARKS.items() if state in states]
    return wrap_facts(" · ".join(marks), width, 4, columns)


def _fit(layout: Layout, width: int) -> tuple[int, dict[int, int]] | None:
    """Find the widest boxes with which the whole chart fits, and the left end of each cell."""
    for box in range(min(_WIDEST_BOX, width), min(_NARROWEST_BOX, width) - 1, -1):
        widths = {cell: box if cell < layout.n_nodes else 1 for layer in layout.layers for cell in layer}
        centres = place(layout, widths, _GAP)
        left = {cell: round(centre - widths[cell] / 2) for cell, centre in centres.items()}
        if all(left[cell] + widths[cell] <= width for cell in left):
            return box, left
    return None


def _draw(plan: Plan, layout: Layout, width: int, left: dict[int, int], *, colour: bool) -> list[str]:
    canvas = Canvas()
    boxes = [_box(node, left[number], width) for number, node in enumerate(plan.nodes)]
    ports = {cell: boxes[cell].port if cell < layout.n_nodes else left[cell] for cell in left}
    y = 0
    for number, layer in enumerate(layout.layers):
        y = _draw_layer(canvas, [boxes[cell] for cell in layer if cell < layout.n_nodes], layer, ports, layout, y)
        if number + 1 < len(layout.layers):
            y = _draw_links(canvas, [link for link in layout.links if link[0] in layer], ports, layout.n_nodes, y)
    return list(canvas.lines(colour=colour))


def _box(node: Node, x: int, width: int) -> _Box:
    room = width - 4
    title, state = clean_label(node.title), f"{STATE_MARKS[node.state]} {STATE_WORDS[node.state]}"
    if columns(title) + columns(state) > width - 10:
        state = STATE_MARKS[node.state]  # the mark alone leaves room for the title
    lines: list[tuple[str, str]] = []
    if columns(title) + columns(state) > width - 10:
        lines = [(line, _STRONG) for line in wrap(title, room, 2, columns)]
        title, state = node.kind, f"{state} {STATE_WORDS[node.state]}"
    lines += [(line, "") for line in wrap_facts(clean_label(node.detail), room, 3, columns)]
    owner = clean_label(node.owner)
    badges = " ".join(f"[{clean_label(badge)}]" for badge in node.badges)
    if badges and owner and columns(badges) + 3 + columns(owner) <= room:
        lines.append((f"{badges} · {owner}", _STRONG))
    else:
        lines += [(line, _STRONG) for line in wrap(badges, room, 2, columns)]
        lines += [(line, _SOFT) for line in wrap(owner, room, 1, columns)]
    return _Box(node, x, width, title, state, lines)


def _draw_layer(
    canvas: Canvas, boxes: Sequence[_Box], layer: Sequence[int], ports: dict[int, int], layout: Layout, y: int
) -> int:
    height = 2 + max(len(box.lines) for box in boxes)
    sources = {upper for upper, _ in layout.links}
    for box in boxes:
        _draw_box(canvas, box, y, height)
    for cell in layer:
        if cell >= layout.n_nodes:
            canvas.down(ports[cell], y, y + height - 1)
            canvas.drop(ports[cell], y + height - 1)
        elif cell in sources:
            canvas.write(ports[cell], y + height - 1, "┬", _SOFT)
    return y + height


def _draw_box(canvas: Canvas, box: _Box, y: int, height: int) -> None:
    node, inner = box.node, box.width - 2
    rule, side = ("╌", "┆") if node.state == "missing" else ("─", "│")
    edge = _STATE_STYLES["stale"] if node.state == "stale" else _SOFT
    for number in range(height):
        ends = "╭╮" if number == 0 else "╰╯" if number == height - 1 else side * 2
        fill = rule if number in (0, height - 1) else " "
        canvas.write(box.x, y + number, ends[0] + fill * inner + ends[1], edge)
    state = f" {box.state} "
    canvas.write(box.x + 2, y, f" {_KIND_MARKS[node.kind]} ", _KIND_STYLES[node.kind])
    canvas.write(box.x + 5, y, f"{box.title} ", _STRONG)
    canvas.write(box.x + box.width - 2 - columns(state), y, state, _STATE_STYLES[node.state])
    for number, (line, style) in enumerate(box.lines, 1):
        canvas.write(box.x + 2, y + number, line, style)


def _draw_links(canvas: Canvas, links: Sequence[tuple[int, int]], ports: dict[int, int], n_nodes: int, y: int) -> int:
    bent = [(upper, lower) for upper, lower in links if ports[upper] != ports[lower]]
    tracks = {lower: y + number for number, lower in enumerate(_track_order(bent, ports))}
    end = y + len(tracks)
    for upper, lower in links:
        track = tracks.get(lower, end) if (upper, lower) in bent else end
        canvas.down(ports[upper], y, track)
        canvas.across(track, ports[upper], ports[lower])
        if track < end:
            canvas.drop(ports[lower], track)
            canvas.down(ports[lower], track + 1, end)
        if lower < n_nodes:
            canvas.write(ports[lower], end, "▼", _SOFT)
        else:
            canvas.drop(ports[lower], end)
    return end + 1


def _track_order(bent: Sequence[tuple[int, int]], ports: dict[int, int]) -> list[int]:
    """Order the targets by row, so that a line up to a source and one down to a target share no stretch of a column."""
    waiting = list(dict.fromkeys(lower for _, lower in bent))
    order: list[int] = []
    while waiting:
        taken = {ports[upper]: lower for upper, lower in bent if lower in waiting}
        free = [lower for lower in waiting if taken.get(ports[lower], lower) == lower]
        order.append((free or waiting)[0])
        waiting.remove(order[-1])
    return order


def _outline(plan: Plan, width: int, *, colour: bool) -> list[str]:
    names = {node.id: clean_label(node.title) for node in plan.nodes}
    return [line for node in plan.nodes for line in _outline_node(plan, node, names, width, colour=colour)]


def _outline_node(plan: Plan, node: Node, names: dict[str, str], width: int, *, colour: bool) -> Iterator[str]:
    head = f"{STATE_MARKS[node.state]} {names[node.id]} ({node.kind}, {STATE_WORDS[node.state]})"
    for number, line in enumerate(wrap(head, width - 2, 4, columns)):
        yield _style(f"{'  ' if number else ''}{line}", _STATE_STYLES[node.state], colour=colour)
    badges = " ".join(f"[{clean_label(badge)}]" for badge in node.badges)
    needs = ", ".join(names[source] for source, target in dict.fromkeys(plan.edges) if target == node.id)
    for text in (clean_label(node.detail), badges, clean_label(node.owner), f"needs: {needs}" if needs else ""):
        yield from (f"  {line}" for line in wrap(text, width - 2, 4, columns))


def _style(text: str, style: str, *, colour: bool) -> str:
    return f"\x1b[{style}m{text}\x1b[0m" if colour and text else text
