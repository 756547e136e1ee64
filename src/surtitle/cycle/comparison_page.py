"""A comparison for whoever reviews a change: Markdown that any forge shows, and a picture of the intervals. Pure."""

import re
from collections.abc import Iterator, Mapping
from html import escape

from surtitle.cycle.promotion import Comparison
from surtitle.records import Interval

__all__ = ["COMMENT_LIMIT", "to_markdown", "to_svg"]

COMMENT_LIMIT = 60_000
"""Characters: a comment on GitHub may have 65,536, and what a pipeline adds must fit too."""
_SLICES = 40
_COLUMNS = 57
_MARK = "<!-- surtitle compare -->"
_METRICS: Mapping[str, str] = {
    "auc": "AUC",
    "average_precision": "average precision",
    "macro_f1": "macro F1",
    "log_loss": "log loss (less is better)",
    "brier": "Brier score (less is better)",
    "ece": "calibration error (less is better)",
}
_WIDTH, _LEFT, _RIGHT, _TOP, _ROW = 760, 250, 150, 96, 30
_STYLE = """
svg { --paper: #fbfaf7; --ink: #1c2328; --muted: #56616a; --line: #dcdcd5; --mark: #0b5c7d; --bad: #b3261e;
  --good: #2c7a4b; background: var(--paper); font: 13px system-ui, "Segoe UI", Roboto, "Noto Sans", Arial, sans-serif; }
@media (prefers-color-scheme: dark) {
  svg { --paper: #12171b; --ink: #e8eaec; --muted: #a3aeb6; --line: #333c43; --mark: #6cc0dd; --bad: #f2b8b5;
    --good: #8fd3a8; }
}
text { fill: var(--muted); }
.title { fill: var(--ink); font-size: 18px; font-weight: 600; }
.name { fill: var(--ink); }
.zero { stroke: var(--muted); }
.limit { stroke: var(--bad); stroke-dasharray: 4 3; }
.limit-text { fill: var(--bad); }
.whisker { stroke: var(--mark); stroke-width: 2; }
.dot { fill: var(--mark); }
"""


def to_markdown(comparison: Comparison) -> str:
    """Return the comparison as a comment on a change: the verdict, a drawing of the intervals and a table.

    Parameters
    ----------
    comparison : Comparison
        From `compare_with_champion`.

    Returns
    -------
    str
        At most `COMMENT_LIMIT` characters of Markdown; a long list of slices is cut, the worst being kept. It begins
        with a mark by which a pipeline finds its own comment again.
    """
    parts = [_MARK, f"## {_headline(comparison)}"]
    if comparison.verdict is not None:
        parts += [f"- {_plain(reason)}" for reason in comparison.verdict.reasons]
        parts += ["", *_differences(comparison)]
    parts += ["", *_metrics(comparison)]
    return "\n".join(parts)[: COMMENT_LIMIT - 1] + "\n"


def _headline(comparison: Comparison) -> str:
    model, number = _plain(comparison.model), comparison.challenger
    if comparison.verdict is None:
        return f"{model}: version {number} is the champion; this change leaves the model as it is"
    if comparison.champion is None:
        return f"{model}: version {number} would be the first champion"
    says = "the gate says yes" if comparison.verdict.passed else "the gate says no"
    return f"{model}: version {number} against the champion, version {comparison.champion}: {says}"


def _differences(comparison: Comparison) -> Iterator[str]:
    rows, left_out = _rows(comparison)
    if not rows:
        return
    verdict = comparison.verdict
    assert verdict is not None  # noqa: S101 there are rows
    yield f"**AUC, challenger minus champion**, on {verdict.n_examples:,} examples that neither was fitted on"
    yield ""
    yield from ("```text", *_drawing(rows, {"all": verdict.epsilon}, verdict.delta), "```", "")
    yield from ("| | difference | interval | must stay above |", "| --- | ---: | --- | ---: |")
    for name, interval in rows:
        limit = -verdict.epsilon if name == "all" else -verdict.delta
        ends = f"{interval.low:+.3f} to {interval.high:+.3f}"
        yield f"| {_plain(name)} | {interval.value:+.3f} | {ends} | {limit:g}{'' if name == 'all' else ' ¹'} |"
    yield ""
    if len(rows) > 1:
        yield "¹ A slice refuses only when its whole interval lies below."
    if left_out:
        yield f"{left_out} more slices did better than these."


def _rows(comparison: Comparison) -> tuple[list[tuple[str, Interval]], int]:
    """Return the whole and the slices, worst first, and how many slices were left out."""
    verdict = comparison.verdict
    if verdict is None or verdict.overall is None:
        return [], 0
    slices = sorted(verdict.slices.items(), key=lambda item: item[1].value)
    return [("all", verdict.overall), *slices[:_SLICES]], max(0, len(slices) - _SLICES)


def _drawing(rows: list[tuple[str, Interval]], limits: Mapping[str, float], delta: float) -> Iterator[str]:
    """Draw each interval on a line of text: it is seen in mails and on phones, where a picture is not."""
    low, high = _span(rows, max([delta, *limits.values()]))

    def place(value: float) -> int:
        return round((value - low) / (high - low) * (_COLUMNS - 1))

    width = min(28, max(len(_short(name)) for name, _ in rows))
    yield f"{'':{width}}  {'worse ◂':>{place(0)}}│{'▸ better'}"
    for name, interval in rows:
        cells = [" "] * _COLUMNS
        cells[place(0)] = "│"
        cells[place(-limits.get(name, delta))] = "┊"
        first, last = place(interval.low), place(interval.high)
        cells[first : last + 1] = "─" * (last + 1 - first)
        cells[first], cells[last] = "├", "┤"
        cells[place(interval.value)] = "●"
        yield f"{_short(name):{width}}  {''.join(cells).rstrip()}"
    yield f"{'':{width}}  ┊ the gate's limit"


def _span(rows: list[tuple[str, Interval]], limit: float) -> tuple[float, float]:
    ends = [end for _, interval in rows for end in (interval.low, interval.high)]
    reach = max(1.1 * max(abs(end) for end in ends), 1.5 * limit, 1e-6)
    return -reach, reach


def _metrics(comparison: Comparison) -> Iterator[str]:
    before = f"champion, version {comparison.champion}" if comparison.champion is not None else "no champion"
    yield "<details><summary>Metrics, each version on its own test split</summary>"
    yield ""
    yield from (f"| | version {comparison.challenger} | {before} |", "| --- | --- | --- |")
    names = [*(name for name in _METRICS if name in comparison.metrics)]
    for name in [*names, *sorted(set(comparison.metrics) - set(names))]:
        ours, theirs = comparison.metrics[name]
        yield f"| {_METRICS.get(name, _plain(name))} | {ours} | {theirs or ''} |"
    yield from ("", "</details>")


def _plain(text: str) -> str:
    r"""Keep Markdown and HTML from acting; a client may be called anything.

    Examples
    --------
    >>> print(_plain("client=<b>|@all\nx"))
    client=\<b\>\|\@all x
    """
    return re.sub(r"([\\`*_{}\[\]<>()#+!|~@])", r"\\\1", _short(text, 300))


def _short(text: str, limit: int = 28) -> str:
    text = "".join(character if character.isprintable() else " " for character in text).replace("`", "'")
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def to_svg(comparison: Comparison) -> str:
    """Return the differences and their intervals as a self-contained SVG file, light or dark as the viewer is."""
    rows, _ = _rows(comparison)
    height = _TOP + _ROW * len(rows) + 40
    headline = _headline_text(comparison)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img">',
        f"<title>{headline}</title><style>{_STYLE}</style>",
        f'<text x="20" y="32" class="title">{headline}</text>',
        *_chart(comparison, rows),
    ]
    return "\n".join([*parts, "</svg>\n"])


def _headline_text(comparison: Comparison) -> str:
    model, number = escape(_short(comparison.model, 40)), comparison.challenger
    if comparison.verdict is None:
        return f"{model}: version {number} is the champion"
    if comparison.champion is None:
        return f"{model}: version {number}, with no champion to compare it with"
    says = "passes" if comparison.verdict.passed else "does not pass"
    return f"{model}: version {number} {says} the gate against version {comparison.champion}"


def _chart(comparison: Comparison, rows: list[tuple[str, Interval]]) -> Iterator[str]:
    verdict = comparison.verdict
    if verdict is None or not rows:
        yield '<text x="20" y="64">There is no difference to draw.</text>'
        return
    low, high = _span(rows, max(verdict.epsilon, verdict.delta))

    def place(value: float) -> float:
        return round(_LEFT + (value - low) / (high - low) * (_WIDTH - _LEFT - _RIGHT), 1)

    bottom = _TOP + _ROW * len(rows)
    yield f'<text x="20" y="56">AUC, challenger minus champion, on {verdict.n_examples:,} examples</text>'
    yield f'<line class="zero" x1="{place(0)}" x2="{place(0)}" y1="{_TOP - 12}" y2="{bottom}"/>'
    yield f'<text x="{place(0) - 10}" y="{_TOP - 20}" text-anchor="end">◂ worse</text>'
    yield f'<text x="{place(0) + 10}" y="{_TOP - 20}">better ▸</text>'
    for number, (name, interval) in enumerate(rows):
        y = _TOP + _ROW * number + 12
        limit = place(-verdict.epsilon if name == "all" else -verdict.delta)
        yield f'<text class="name" x="{_LEFT - 14}" y="{y + 4}" text-anchor="end">{escape(_short(name, 29))}</text>'
        yield f'<line class="limit" x1="{limit}" x2="{limit}" y1="{y - 11}" y2="{y + 11}"/>'
        yield f'<line class="whisker" x1="{place(interval.low)}" x2="{place(interval.high)}" y1="{y}" y2="{y}"/>'
        yield f'<circle class="dot" cx="{place(interval.value)}" cy="{y}" r="5"/>'
        told = f"{interval.value:+.3f} [{interval.low:+.3f}, {interval.high:+.3f}]"
        yield f'<text x="{_WIDTH - 20}" y="{y + 4}" text-anchor="end">{told}</text>'
    yield f'<line class="limit" x1="20" x2="20" y1="{bottom + 10}" y2="{bottom + 26}"/>'
    yield f'<text class="limit-text" x="28" y="{bottom + 23}">the gate\'s limit</text>'
