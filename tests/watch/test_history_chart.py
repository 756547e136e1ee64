"""The picture of a project's history: what happened is marked where it happened."""

import re
import xml.etree.ElementTree as ET
from datetime import timedelta

import msgspec
import pytest

from surtitle.watch.history_chart import draw_history
from surtitle.watch.over_time import Watched
from surtitle.watch.overview import Overview
from tests.watch.alerts.looks import DAY, NOW, act, look

SIGNS = {"promoted": "▲", "refused": "×", "in_shadow": "◇", "rolled_back": "↶", "failed": "!"}


def history(overview: Overview, n: int = 10) -> list[Watched]:
    """Return the look's period again and again, day after day, the last of it the look's own."""
    (last,) = overview.periods
    return [_moved(last, (n - 1 - k) * DAY) for k in range(n)]


def _moved(each: Watched, by: timedelta) -> Watched:
    quality = each.quality
    moved = msgspec.structs.replace(quality, start=quality.start - by, end=quality.end - by)
    return msgspec.structs.replace(each, quality=moved)


def drawn(overview: Overview) -> ET.Element:
    """Return the picture of a look, as the browser will read it."""
    figure = str(draw_history(history(overview), overview.acts, overview.verdicts))
    return ET.fromstring(figure[figure.index("<svg") : figure.index("</svg>") + 6])


@pytest.mark.parametrize(("outcome", "sign"), SIGNS.items())
def test_what_the_loop_did_is_marked_between_the_periods(outcome: str, sign: str) -> None:
    found = drawn(look(acts=(act(outcome, at=NOW - 5 * DAY, reason="Because <of> it."),)))
    (mark,) = [each for each in found.iter("g") if each.find("title") is not None]
    assert mark.findtext("title") == f"2026-03-05 12:00: {outcome.replace('_', ' ')}. Because <of> it."
    assert mark.findtext("text") == sign
    dots = [float(each.attrib["cx"]) for each in found.iter("circle")]
    assert dots[6] < float(mark.find("text").attrib["x"]) < dots[7]  # type: ignore[union-attr]  # it is there


def test_what_was_left_alone_or_is_older_or_of_a_client_is_not_marked() -> None:
    acts = (act("waited"), act("promoted", at=NOW - 90 * DAY), act("promoted", client="science"))
    assert [each for each in drawn(look(acts=acts)).iter("g") if each.find("title") is not None] == []


def test_a_bad_period_has_a_dot_of_its_own() -> None:
    classes = [[each.attrib["class"] for each in drawn(look(bad=bad)).iter("circle")] for bad in (False, True)]
    assert classes == [["dot"] * 10, ["dot"] * 9 + ["dot bad"]]


def test_every_sign_is_explained() -> None:
    overview = look()
    figure = str(draw_history(history(overview), (), ()))
    caption = re.sub(r".*<figcaption>|</figcaption>.*", "", figure, flags=re.S)
    assert [sign for sign in SIGNS.values() if f"{sign} " not in caption] == []


def test_without_any_figure_there_is_no_picture() -> None:
    assert str(draw_history([], (act("promoted"),), ())) == ""
