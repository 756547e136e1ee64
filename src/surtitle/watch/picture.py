"""A replay as a picture: quality over time, with versions, triggers, the gate's verdicts and rollbacks marked. Pure."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from html import escape
from itertools import pairwise

from surtitle.records import Interval
from surtitle.watch.contest import Contest
from surtitle.watch.outcome import Outcome, Part
from surtitle.watch.quality import PeriodQuality

__all__ = ["draw_page", "draw_svg"]

_WIDTH, _LEFT, _RIGHT, _PANEL, _GAP, _TOP = 960, 56, 24, 190, 92, 118
_LONGEST_NAME = 28
_STYLE = """
svg { --paper: #fbfaf7; --ink: #1c2328; --muted: #56616a; --line: #dcdcd5; --loop: #0b5c7d; --soft: #cfe3ec;
  --static: #b3540a; --bad: #b3261e; --good: #2c7a4b; background: var(--paper); max-width: 100%;
  font: 13px system-ui, "Segoe UI", Roboto, "Noto Sans", Arial, sans-serif; }
@media (prefers-color-scheme: dark) {
  svg { --paper: #12171b; --ink: #e8eaec; --muted: #a3aeb6; --line: #333c43; --loop: #6cc0dd; --soft: #1d3d4b;
    --static: #f0a058; --bad: #f2b8b5; --good: #8fd3a8; }
}
text { fill: var(--muted); }
.title { fill: var(--ink); font-size: 19px; font-weight: 600; }
.name { fill: var(--ink); font-weight: 600; }
.grid, .gap { stroke: var(--line); }
.gap { stroke-width: 3; }
.band { fill: var(--soft); }
.loop { fill: none; stroke: var(--loop); stroke-width: 2; }
.static { fill: none; stroke: var(--static); stroke-width: 2; stroke-dasharray: 5 3; }
.loop-text { fill: var(--loop); }
.static-text { fill: var(--static); }
.promoted { stroke: var(--good); stroke-width: 1.5; }
.promoted-text { fill: var(--good); }
.refused { stroke: var(--muted); stroke-dasharray: 2 3; }
.back { stroke: var(--bad); stroke-width: 2; }
.back-text { fill: var(--bad); }
"""
_PAGE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, "Segoe UI", Roboto, "Noto Sans", Arial, sans-serif; max-width: 62rem;
  margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; margin: 1.5rem 0; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .8rem; text-align: left; border-bottom: 1px solid #8886; }
td:not(:last-child) { white-space: nowrap; }
.why { min-width: 18rem; }
.wide { overflow-x: auto; }
.wide svg { display: block; min-width: 44rem; }
"""


def draw_svg(outcome: Outcome) -> str:
    """Return the picture as a self-contained SVG file, light or dark as the viewer is.

    Periods stand side by side, whatever time lies between them: a thick line marks a gap.
    """
    height = _TOP + 2 * (_PANEL + _GAP)
    facts = (
        f"{outcome.total.n:,} events after {outcome.first_until:%Y-%m-%d}, labels {outcome.label_delay} late: "
        f"{len(outcome.retrainings)} trainings, {outcome.promotions} promotions, {outcome.rollbacks} rollbacks"
    )
    told = (
        f"accuracy {_short(outcome.total.loop.accuracy)} with the loop, {_short(outcome.total.static.accuracy)} without"
    )
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img">',
        f"<title>Replay of {escape(outcome.project)}</title><desc>{escape(facts)}; {escape(told)}</desc>",
        f"<style>{_STYLE}</style>",
        f'<text x="24" y="34" class="title">{escape(_cut(outcome.project))}: {escape(told)}</text>',
        f'<text x="24" y="56">{escape(facts)}</text>',
        f'<text x="{_LEFT}" y="80" class="loop-text">with the loop, its interval shaded</text>',
        f'<text x="{_LEFT + 290}" y="80" class="static-text">the first model alone</text>',
        f'<text x="{_LEFT + 450}" y="80" class="promoted-text">v2: promoted</text>',
        f'<text x="{_LEFT + 550}" y="80">×: refused by the gate</text>',
        f'<text x="{_LEFT + 720}" y="80" class="back-text">↶: rolled back</text>',
    ]
    for place, figure in enumerate(("accuracy", "auc")):
        parts += _panel(outcome, figure, _TOP + place * (_PANEL + _GAP) + 20)
    return "\n".join([*parts, "</svg>\n"])


def _panel(outcome: Outcome, figure: str, top: float) -> Iterator[str]:
    periods = outcome.periods
    loop = [(place, found) for place, p in enumerate(periods) if (found := _figure(p.loop, figure))]
    static = [(place, found) for place, p in enumerate(periods) if (found := _figure(p.static, figure))]
    lowest = min([0.9, *(found.value for _, found in loop + static)]) - 0.02

    def across(place: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * (place + 0.5) / max(1, len(periods))

    def down(value: float) -> float:
        return top + _PANEL * (1.0 - max(0.0, value - lowest) / (1.0 - lowest))

    yield f'<text class="name" x="{_LEFT}" y="{top - 20}">{"AUC" if figure == "auc" else "Accuracy"} per period</text>'
    for value in (lowest, (1.0 + lowest) / 2, 1.0):
        yield f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{down(value):.1f}" y2="{down(value):.1f}"/>'
        yield f'<text x="{_LEFT - 8}" y="{down(value) + 4:.1f}" text-anchor="end">{value:.2f}</text>'
    yield from _dates([p.loop.start for p in periods], across, top)
    edge = [(across(place), down(found.high)) for place, found in loop]
    edge += [(across(place), down(found.low)) for place, found in reversed(loop)]
    yield f'<polygon class="band" points="{_points(edge)}"/>'
    for css, line in (("static", static), ("loop", loop)):
        yield f'<polyline class="{css}" points="{_points([(across(at), down(found.value)) for at, found in line])}"/>'
    yield from _marks(outcome, across, top)


def _dates(starts: Sequence[datetime], across: Callable[[float], float], top: float) -> Iterator[str]:
    usual = min((later - earlier for earlier, later in pairwise(starts)), default=None)
    for place in range(1, len(starts)):
        if usual is not None and starts[place] - starts[place - 1] > 5 * usual:
            x = across(place - 0.5)
            yield f'<line class="gap" x1="{x:.1f}" x2="{x:.1f}" y1="{top}" y2="{top + _PANEL}"/>'
    step = max(1, -(-len(starts) // 8))
    for place in range(0, len(starts), step):
        yield (
            f'<text x="{across(place):.1f}" y="{top + _PANEL + 18}" text-anchor="middle">'
            f"{starts[place]:%Y-%m-%d}</text>"
        )


def _marks(outcome: Outcome, across: Callable[[float], float], top: float) -> Iterator[str]:
    starts = [period.loop.start for period in outcome.periods]

    def at(moment: datetime) -> float:
        return across(sum(start < moment for start in starts) - 0.5)

    for training in outcome.retrainings:
        contest, x = training.contest, at(training.verdict.at)
        css, sign = ("promoted", f"v{contest.challenger}") if contest.promoted else ("refused", "×")
        yield _mark(css, x, top, sign, f"{', '.join(training.verdict.triggers)}: {_why(training.contest)}")
    for verdict in outcome.guarded:
        if verdict.roll_back:
            yield _mark("back", at(verdict.at), top, f"↶v{verdict.guard.before}", verdict.reason)


def _why(contest: Contest) -> str:
    return contest.refused or (contest.gate.reasons[0] if contest.gate else "")


def _mark(css: str, x: float, top: float, sign: str, told: str) -> str:
    return (
        f'<g><title>{escape(told)}</title><line class="{css}" x1="{x:.1f}" x2="{x:.1f}" y1="{top}" '
        f'y2="{top + _PANEL}"/><text class="{css}-text" x="{x:.1f}" y="{top - 5}" text-anchor="middle">{sign}</text>'
        "</g>"
    )


def draw_page(outcome: Outcome) -> str:
    """Return a self-contained page: the picture, the figures of each part, and every training with its reasons."""
    parts = "".join(_part_row(part) for part in (*outcome.parts, outcome.total))
    trainings = "".join(
        f"<tr><td>{step.verdict.at:%Y-%m-%d %H:%M}</td><td>{', '.join(step.verdict.triggers)}</td>"
        f"<td>{'promoted' if step.contest.promoted else 'refused'}</td>"
        f"<td class='why'>{escape(_why(step.contest))}</td></tr>"
        for step in outcome.retrainings
    )
    guarded = "".join(f"<li>{verdict.at:%Y-%m-%d %H:%M}: {escape(verdict.reason)}</li>" for verdict in outcome.guarded)
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Replay of {escape(outcome.project)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_PAGE}</style>'
        f'<div class="wide">{draw_svg(outcome)}</div>'
        '<h2>Part by part</h2><div class="wide"><table><tr><th>part</th><th>events</th><th>accuracy, loop</th>'
        f"<th>accuracy, first model</th><th>AUC, loop</th><th>AUC, first model</th></tr>{parts}</table></div>"
        '<h2>Trainings</h2><div class="wide"><table><tr><th>when</th><th>trigger</th><th>gate</th><th>why</th></tr>'
        f"{trainings}</table></div><h2>New champions under guard</h2><ul>{guarded}</ul></html>\n"
    )


def _part_row(part: Part) -> str:
    cells = (part.name, f"{part.n:,}", *map(_of, (part.loop.accuracy, part.static.accuracy)))
    cells += tuple(map(_of, (part.loop.auc, part.static.auc)))
    return "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"


def _figure(quality: PeriodQuality, name: str) -> Interval | None:
    found: Interval | None = getattr(quality, name)
    return found


def _of(interval: Interval | None) -> str:
    return "–" if interval is None else str(interval)


def _short(interval: Interval) -> str:
    return f"{interval.value:.3f}"


def _cut(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"


def _points(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
