"""Words, icons and colours of a drawn flowchart."""

from collections.abc import Mapping

from surtitle.cycle.flowchart.plan import Kind, State

__all__ = ["ICONS", "KIND_WORDS", "STATE_MARKS", "STATE_WORDS", "style_sheet"]

KIND_WORDS: Mapping[Kind, str] = {"data": "data", "stage": "stage", "artefact": "artefact", "use": "use"}
STATE_WORDS: Mapping[State, str] = {
    "fresh": "fresh",
    "stale": "stale",
    "missing": "not made",
    "unknown": "unknown",
}
STATE_MARKS: Mapping[State, str] = {"fresh": "●", "stale": "◐", "missing": "○", "unknown": "?"}

# Strokes on a tile of 34 by 34: a cylinder, a play mark in a ring, a box, an arrow that leaves a frame.
ICONS: Mapping[Kind, str] = {
    "data": "M9 11.5C9 9.5 25 9.5 25 11.5V22.5C25 24.5 9 24.5 9 22.5ZM9 11.5C9 13.5 25 13.5 25 11.5"
    "M9 17C9 19 25 19 25 17",
    "stage": "M25 17A8 8 0 1 1 9 17A8 8 0 1 1 25 17M15 13.5L20.5 17L15 20.5Z",
    "artefact": "M17 8.5L24.5 12.5V21.5L17 25.5L9.5 21.5V12.5ZM9.5 12.5L17 16.5L24.5 12.5M17 16.5V25.5",
    "use": "M17.5 9.5H11.5A2 2 0 0 0 9.5 11.5V22.5A2 2 0 0 0 11.5 24.5H22.5A2 2 0 0 0 24.5 22.5V16.5"
    "M16 18L25 9M19.5 9H25V14.5",
}

_LIGHT = {
    "page": "#f7f6f2",
    "card": "#ffffff",
    "line": "#dcd8cf",
    "edge": "#9a958a",
    "ink": "#1f2328",
    "soft": "#5a6068",
    "data": "#2a6496",
    "data_tile": "#e3eef8",
    "stage": "#6b4ba3",
    "stage_tile": "#efe9f9",
    "artefact": "#1d6f57",
    "artefact_tile": "#e0f2ec",
    "use": "#96560f",
    "use_tile": "#fcefdc",
    "fresh": "#1f7a4d",
    "stale": "#a65300",
    "stale_card": "#fffaf0",
    "badge": "#eceae4",
}
_DARK = {
    "page": "#15171b",
    "card": "#1e2127",
    "line": "#363b44",
    "edge": "#717884",
    "ink": "#eceef1",
    "soft": "#a5acb7",
    "data": "#86bdec",
    "data_tile": "#1d3347",
    "stage": "#c1a6f2",
    "stage_tile": "#332a48",
    "artefact": "#74ceb1",
    "artefact_tile": "#1b3a31",
    "use": "#efb267",
    "use_tile": "#412e17",
    "fresh": "#69c793",
    "stale": "#f5a94f",
    "stale_card": "#2a2419",
    "badge": "#30353e",
}
_SHAPES = {
    "text": 'font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif',
    ".name": "font-size:22px;font-weight:650;letter-spacing:-.2px",
    ".title": "font-size:15px;font-weight:600",
    ".small": "font-size:12.5px",
    ".tiny,.owner,.state,.mark": "font-size:11.5px",
    ".stale .card": "stroke-width:1.6",
    ".missing .card": "stroke-dasharray:5 4",
    ".missing .icon,.missing .title": "opacity:.75",
    ".icon": "fill:none;stroke-width:1.7;stroke-linejoin:round;stroke-linecap:round",
    ".edge": "fill:none;stroke-width:1.6",
    ".thin": "stroke-dasharray:4 4",
}


def style_sheet() -> str:
    """CSS with the light colours, and the dark ones for readers who prefer them.

    Colours stand in the rules themselves, since viewers other than browsers do not know CSS variables. Every rule is
    bound to the chart, so that it touches nothing else on a page that holds the SVG.

    Examples
    --------
    >>> "prefers-color-scheme:dark" in style_sheet()
    True
    """
    light, dark = _write(_colours(_LIGHT)), _write(_colours(_DARK))
    return f"{_write(_SHAPES)}{light}@media (prefers-color-scheme:dark){{{dark}}}"


def _write(rules: Mapping[str, str]) -> str:
    bound = {
        ",".join(f".surtitle-chart {part}".strip() for part in names.split(",")): rule for names, rule in rules.items()
    }
    return "".join(f"{names}{{{rule}}}\n" for names, rule in bound.items())


def _colours(palette: Mapping[str, str]) -> dict[str, str]:
    rules = {
        "": f"background:{palette['page']}",
        ".page": f"fill:{palette['page']}",
        ".card": f"fill:{palette['card']};stroke:{palette['line']}",
        ".name,.title": f"fill:{palette['ink']}",
        ".small,.tiny,.owner,.state": f"fill:{palette['soft']}",
        ".edge": f"stroke:{palette['edge']}",
        ".tip": f"fill:{palette['edge']}",
        ".rule": f"stroke:{palette['line']}",
        ".badge": f"fill:{palette['badge']}",
        ".mark": f"fill:{palette['ink']}",
        ".fresh .dot": f"fill:{palette['fresh']}",
        ".stale .state": f"fill:{palette['stale']};font-weight:650",
        ".stale .card": f"fill:{palette['stale_card']};stroke:{palette['stale']}",
        ".missing .card": f"fill:none;stroke:{palette['edge']}",
    }
    for kind in KIND_WORDS:
        rules[f".{kind} .tile"] = f"fill:{palette[f'{kind}_tile']}"
        rules[f".{kind} .icon"] = f"stroke:{palette[kind]}"
    return rules
