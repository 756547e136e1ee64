"""A flowchart as one self-contained SVG, light and dark, which needs no font, script or network."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from xml.sax.saxutils import escape

import msgspec

from surtitle.cycle.flowchart.labels import clean_label, columns, shorten, wrap, wrap_facts
from surtitle.cycle.flowchart.layout import Layout, lay_out, place
from surtitle.cycle.flowchart.plan import Kind, Node, Plan, State
from surtitle.cycle.flowchart.style import ICONS, KIND_WORDS, STATE_MARKS, STATE_WORDS, style_sheet

__all__ = ["to_svg"]

_CARD, _PAD, _GAP = 304, 16, 28
_MARGIN, _HEADER, _LEGEND = 36, 84, 58
_BETWEEN = 46  # from one layer to the next
_BEND = 14
_TEXT_LEFT = _PAD + 34 + 12
_TITLE, _SMALL, _TINY = 15, 12.5, 11.5  # font sizes
_LEAST_WIDTH = 720
_NARROW, _WIDE = "iIjltfr.,:;'|!()[]{} ·-/", "mwMW@%&—…"


class _Card(msgspec.Struct, frozen=True):
    """A node with its texts broken into lines, and the height that they need."""

    node: Node
    title: list[str]
    detail: list[str]
    badges: list[str]
    owner: str

    @property
    def has_body(self) -> bool:
        return bool(self.detail or self.badges or self.owner or len(self.title) > 1)

    @property
    def height(self) -> float:
        foot = 26 if self.badges or self.owner else 0
        return max(62, 24 + 19 * len(self.title) + 17 * len(self.detail) + foot)


def to_svg(plan: Plan) -> str:
    """Draw `plan` as SVG, from what is needed at the top to what it is for at the bottom.

    Colours follow the reader's preference for light or dark; every state is also a word, never a colour alone.

    Raises
    ------
    UsageError
        If the plan cannot be drawn.

    Examples
    --------
    >>> svg = to_svg(Plan("demo", (Node("a", "comments.csv", "data", "fresh"),), ()))
    >>> svg.startswith("<svg"), "comments.csv" in svg
    (True, True)
    """
    layout = lay_out(plan)
    cards = [_card(node) for node in plan.nodes]
    widths = {cell: _CARD if cell < layout.n_nodes else _BEND for layer in layout.layers for cell in layer}
    across = place(layout, widths, _GAP)
    inner = max([_LEAST_WIDTH - 2 * _MARGIN, *(across[cell] + widths[cell] / 2 for cell in across)])
    used = max((across[cell] + widths[cell] / 2 for cell in across), default=0.0)
    centres = {cell: _MARGIN + (inner - used) / 2 + x for cell, x in across.items()}
    tops, heights = _rows(layout, cards)
    bottom = tops[-1] + heights[-1] if tops else _HEADER
    width, height = inner + 2 * _MARGIN, bottom + _LEGEND + 8
    parts = [
        _head(plan, width, height),
        *_edges(plan, layout, centres, tops, heights),
        *_cards(layout, cards, centres, tops, heights),
        _legend(plan, width, bottom + 34),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _card(node: Node) -> _Card:
    room = _CARD - _TEXT_LEFT - _PAD
    state_room = _measure(STATE_WORDS[node.state], _TINY) + 24
    title = wrap(clean_label(node.title), room - state_room, 2, lambda text: _measure(text, _TITLE) * 1.05)
    detail = wrap_facts(clean_label(node.detail), room, 2, lambda text: _measure(text, _SMALL))
    badges, owner = [], clean_label(node.owner)
    left = float(room)
    for number, badge in enumerate(map(clean_label, node.badges)):
        label = shorten(badge, room - 60, lambda text: _measure(text, _TINY))
        need = _measure(label, _TINY) + 22
        if need > left - 36 * (number < len(node.badges) - 1):
            badges.append(f"+{len(node.badges) - number}")  # the tooltip names them all
            left -= 36
            break
        badges.append(label)
        left -= need
    owner = shorten(owner, left - 16, lambda text: _measure(text, _TINY))
    return _Card(node, title or ["\u00a0"], detail, badges, owner)


def _measure(text: str, size: float) -> float:
    """Estimate a text's width in a sans-serif font; a little too wide is fine, too narrow is not."""
    share = 0.0
    for char in text:
        if columns(char) != 1:
            share += columns(char) * 0.52
        elif char in _NARROW:
            share += 0.36
        else:
            share += 0.98 if char in _WIDE else 0.7 if char.isupper() else 0.6
    return share * size


def _rows(layout: Layout, cards: Sequence[_Card]) -> tuple[list[float], list[float]]:
    tops, heights, y = [], [], float(_HEADER)
    for layer in layout.layers:
        height = max(cards[cell].height for cell in layer if cell < layout.n_nodes)
        tops.append(y)
        heights.append(height)
        y += height + _BETWEEN
    return tops, heights


def _head(plan: Plan, width: float, height: float) -> str:
    name = escape(shorten(clean_label(plan.name), width - 2 * _MARGIN, lambda text: _measure(text, 22) * 1.05))
    counts = [(state, sum(node.state == state for node in plan.nodes)) for state in STATE_WORDS]
    summary = " · ".join(f"{count} {STATE_WORDS[state]}" for state, count in counts if count) or "nothing here yet"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" '
        f'height="{height:.0f}" class="surtitle-chart" role="img" aria-labelledby="chart-title chart-description">\n'
        f'<title id="chart-title">Flowchart of {name}</title>\n'
        f'<desc id="chart-description">{escape(_describe(plan))}</desc>\n'
        f"<style>{style_sheet()}</style>\n"
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto" '
        'markerUnits="userSpaceOnUse"><path class="tip" d="M0 0.5 L8 4 L0 7.5 Z"/></marker></defs>\n'
        f'<rect class="page" width="100%" height="100%"/>\n'
        f'<text class="name" x="{_MARGIN}" y="42">{name}</text>\n'
        f'<text class="small" x="{_MARGIN}" y="63">{summary}</text>'
    )


def _describe(plan: Plan) -> str:
    titles = {node.id: clean_label(node.title) for node in plan.nodes}
    steps = [f"{titles[node.id]} ({node.kind}, {STATE_WORDS[node.state]})" for node in plan.nodes]
    edges = [f"{titles[source]} leads to {titles[target]}" for source, target in plan.edges]
    return ". ".join([*steps, *edges])


def _edges(
    plan: Plan, layout: Layout, centres: dict[int, float], tops: Sequence[float], heights: Sequence[float]
) -> Iterator[str]:
    level = {cell: number for number, layer in enumerate(layout.layers) for cell in layer}
    for route in layout.routes:
        path = [f"M{centres[route[0]]:.1f} {tops[level[route[0]]] + heights[level[route[0]]]:.1f}"]
        for upper, lower in pairwise(route):
            start, end = tops[level[upper]] + heights[level[upper]], tops[level[lower]]
            path.append(_curve(centres[upper], start, centres[lower], end))
            if lower >= layout.n_nodes:
                path.append(f"V{end + heights[level[lower]]:.1f}")
        kind = " thin" if plan.nodes[route[-1]].state == "missing" else ""
        yield f'<path class="edge{kind}" d="{" ".join(path)}" marker-end="url(#tip)"/>'


def _curve(x: float, y: float, to_x: float, to_y: float) -> str:
    if abs(x - to_x) < 0.5:
        return f"L{to_x:.1f} {to_y:.1f}"
    middle = (y + to_y) / 2
    return f"C{x:.1f} {middle + 6:.1f} {to_x:.1f} {middle - 6:.1f} {to_x:.1f} {to_y:.1f}"


def _cards(
    layout: Layout,
    cards: Sequence[_Card],
    centres: dict[int, float],
    tops: Sequence[float],
    heights: Sequence[float],
) -> Iterator[str]:
    for layer, top, height in zip(layout.layers, tops, heights, strict=True):
        for cell in layer:
            if cell < layout.n_nodes:
                yield _draw_card(cards[cell], centres[cell] - _CARD / 2, top, height)


def _draw_card(card: _Card, x: float, y: float, height: float) -> str:
    node = card.node
    whole = [node.title, f"{KIND_WORDS[node.kind]}, {STATE_WORDS[node.state]}", node.detail, *node.badges, node.owner]
    tooltip = escape("\n".join(line for line in map(clean_label, whole) if line))
    first = 28 + (height - card.height) / 2 if card.has_body else height / 2 + 5
    icon_top = first - 14 if card.has_body else height / 2 - 17
    parts = [
        f'<g class="{node.kind} {node.state}" transform="translate({x:.1f} {y:.1f})"><title>{tooltip}</title>',
        f'<rect class="card" width="{_CARD}" height="{height:.0f}" rx="12"/>',
        f'<g transform="translate({_PAD} {icon_top:.1f})">{_icon(node.kind)}</g>',
        *(_text("title", _TEXT_LEFT, first + 19 * number, line) for number, line in enumerate(card.title)),
    ]
    below = first + 19 * len(card.title) - 1
    parts += [_text("small", _TEXT_LEFT, below + 17 * number, line) for number, line in enumerate(card.detail)]
    parts += [_state(node.state, first), *_foot(card, below + 17 * len(card.detail) + 9), "</g>"]
    return "".join(parts)


def _text(kind: str, x: float, y: float, text: str, more: str = "") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}"{more}>{escape(text)}</text>'


def _icon(kind: Kind) -> str:
    return f'<rect class="tile" width="34" height="34" rx="9"/><path class="icon" d="{ICONS[kind]}"/>'


def _state(state: State, y: float) -> str:
    # The mark is text too, so that it stands right beside the word in whatever font the reader has.
    mark = f'<tspan class="dot">{STATE_MARKS[state]}</tspan>\u00a0{STATE_WORDS[state]}'
    return f'<text class="state" x="{_CARD - _PAD}" y="{y - 1:.1f}" text-anchor="end">{mark}</text>'


def _foot(card: _Card, y: float) -> Iterator[str]:
    x = float(_TEXT_LEFT)
    for badge in card.badges:
        width = _measure(badge, _TINY) + 16
        yield f'<rect class="badge" x="{x:.1f}" y="{y - 14:.1f}" width="{width:.1f}" height="20" rx="10"/>'
        yield _text("mark", x + width / 2, y, badge, ' text-anchor="middle"')
        x += width + 6
    if card.owner:
        anchor = ' text-anchor="end"' if card.badges else ""
        yield _text("owner", _CARD - _PAD if card.badges else _TEXT_LEFT, y, card.owner, anchor)


def _legend(plan: Plan, width: float, y: float) -> str:
    x, parts = float(_MARGIN), [f'<path class="rule" d="M{_MARGIN} {y - 12:.1f}H{width - _MARGIN:.1f}"/>']
    for kind, word in KIND_WORDS.items():
        if any(node.kind == kind for node in plan.nodes):
            icon = f'<g transform="translate({x:.1f} {y - 2:.1f}) scale(.6)">{_icon(kind)}</g>'
            parts.append(f'<g class="{kind}">{icon}{_text("tiny", x + 27, y + 12, word)}</g>')
            x += _measure(word, _TINY) + 50
    return "".join(parts)
