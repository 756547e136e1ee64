import xml.etree.ElementTree as ET

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surtitle.serve.bench import LoadReport, draw_svg, draw_text
from surtitle.serve.bench.statistics import Latencies, Timeline, in_ms


def report(latencies_ms: list[float], failures: int = 0) -> LoadReport:
    times, line = Latencies(), Timeline()
    for place, ms in enumerate(latencies_ms):
        times.add(ms / 1e3)
        line.add(place * 0.1, ms / 1e3, failed=False)
    for place in range(failures):
        line.add(place * 0.1, None, failed=True)
    seconds = max(0.1 * len(latencies_ms), 0.05)
    return LoadReport(
        url="http://127.0.0.1/<&>",
        connections=2,
        texts_per_request=1,
        asked_per_s=None,
        seconds=seconds,
        answered=times.count,
        per_s=times.count / seconds,
        texts_per_s=times.count / seconds,
        failed={"503": failures} if failures else {},
        unsent=0,
        p50_ms=in_ms(times.quantile(0.5)),
        p95_ms=in_ms(times.quantile(0.95)),
        p99_ms=in_ms(times.quantile(0.99)),
        max_ms=in_ms(times.largest_s),
        mean_ms=1.0,
        bars=[(end * 1e3, count) for end, count in times.bars()],
        timeline=list(line.slices(seconds)),
    )


def numbers(svg: str) -> list[float]:
    root = ET.fromstring(svg)
    found = []
    for element in root.iter():
        found += [float(element.attrib[name]) for name in ("x", "y", "width", "height") if name in element.attrib]
        found += [float(part) for part in element.attrib.get("points", "").replace(",", " ").split()]
    return found


@given(st.lists(st.floats(0.01, 5e4), min_size=1, max_size=50), st.integers(0, 5))
def test_everything_drawn_lies_inside_of_the_picture(latencies_ms: list[float], failures: int) -> None:
    svg = draw_svg(report(latencies_ms, failures))
    width, height = map(float, ET.fromstring(svg).attrib["viewBox"].split()[2:])
    assert all(0 <= number <= max(width, height) for number in numbers(svg))


def test_bars_are_as_tall_as_they_are_many() -> None:
    svg = ET.fromstring(draw_svg(report([1.0] * 10 + [10.0] * 5)))
    bars = [float(each.attrib["height"]) for each in svg.iter() if each.attrib.get("class") == "bar"]
    assert (bars[0], bars[-1]) == (150.0, 75.0)


def test_failures_are_seen_and_told() -> None:
    assert "3 failed" in draw_svg(report([1.0] * 20, 3))
    assert 'class="bad"' in draw_svg(report([1.0] * 20, 3))
    assert 'class="bad"' not in draw_svg(report([1.0] * 20))


def test_a_terminal_gets_a_histogram_with_shares_and_a_line_over_time() -> None:
    lines = draw_text(report([1.0] * 30 + [20.0] * 10))
    assert any(line.endswith("75.0%") for line in lines)
    assert any(line.endswith("25.0%") for line in lines)
    assert lines[-1].strip("▁▂▃▄▅▆▇█") == ""
    assert max(map(len, lines)) <= 80


def test_without_an_answer_there_is_nothing_to_draw() -> None:
    empty = msgspec.structs.replace(report([1.0]), answered=0, bars=[], p50_ms=None)
    assert draw_text(empty) == []
    with pytest.raises(ValueError, match="nothing to draw"):
        draw_svg(empty)
