"""A comparison as Markdown and as a picture."""

from xml.etree import ElementTree

from hypothesis import example, given
from hypothesis import strategies as st

from surtitle.cycle import Comparison
from surtitle.cycle.comparison_page import COMMENT_LIMIT, to_markdown, to_svg
from surtitle.records import Interval
from surtitle.registry import judge
from surtitle.settings import GateSettings

DIFFERENCE = Interval(0.012, -0.003, 0.027)


def comparison_of(slices: dict[str, Interval], *, overall: Interval | None = DIFFERENCE, name: str = "m") -> Comparison:
    verdict = judge(overall, slices, GateSettings(), challenger=2, champion=1, n_examples=1146)
    metrics: dict[str, tuple[Interval, Interval | None]] = {
        "auc": (Interval(0.8, 0.7, 0.9), Interval(0.79, 0.69, 0.89))
    }
    return Comparison(model=name, challenger=2, champion=1, verdict=verdict, metrics=metrics)


def test_the_first_version_is_told_without_a_difference() -> None:
    verdict = judge(None, {}, GateSettings(), challenger=1, champion=None, n_examples=0)
    first = Comparison(model="m", challenger=1, champion=None, verdict=verdict, metrics={})
    assert "would be the first champion" in to_markdown(first)
    assert "no difference to draw" in to_svg(first)


def test_the_worst_slices_are_kept_of_many() -> None:
    many = {f"client=c{n}": Interval(n / 1000, n / 1000 - 0.1, n / 1000 + 0.1) for n in range(500)}
    text = to_markdown(comparison_of(many))
    assert "| client=c0 |" in text
    assert "client=c499" not in text
    assert "460 more slices did better" in text


finite = st.floats(-1, 1)
intervals = st.lists(finite, min_size=3, max_size=3).map(sorted).map(lambda ends: Interval(ends[1], ends[0], ends[2]))


@given(st.dictionaries(st.text(max_size=60), intervals, max_size=8), intervals, st.text(max_size=60))
@example({"|": Interval(0, 0, 0)}, Interval(0, 0, 0), "")
def test_no_name_breaks_out_of_the_table_or_the_picture(
    slices: dict[str, Interval], overall: Interval, name: str
) -> None:
    compared = comparison_of(slices, overall=overall, name=name)
    text = to_markdown(compared)
    assert len(text) <= COMMENT_LIMIT
    tables = "".join(text.split("```")[::2])  # what is between them is the picture, in which a bar is a bar
    rows = [line for line in tables.splitlines() if line.startswith("| ")]
    assert {line.replace("\\\\", "").replace("\\|", "").count("|") for line in rows} <= {4, 5}
    assert text.count("```") == 2
    ElementTree.fromstring(to_svg(compared))
