"""The pages of the watch and of the replay in a real browser: nothing overflows, complains, or is fetched."""

from pathlib import Path

import pytest
from selenium import webdriver

from surtitle.watch.page import render_page
from surtitle.watch.picture import draw_page
from tests.browser import entries, show
from tests.watch.alerts.looks import DAY, NOW, act, look
from tests.watch.histories import phrases, replayed, talk
from tests.watch.test_history_chart import history

pytestmark = pytest.mark.slow

_OVERFLOWING = """
return [...document.querySelectorAll('body *')]
  .filter(e => !e.closest('.scroll, .wide, pre, svg') && e.getBoundingClientRect().right > innerWidth + 1)
  .map(e => e.tagName + '.' + e.className);
"""
_LETTERS = "return [...document.querySelectorAll('svg text')].map(e => e.getBoundingClientRect().height)"
_COVERED = """
const boxes = [...document.querySelectorAll('svg .title, svg .loop-text, svg .static-text')].map(e =>
  e.getBoundingClientRect());
const frame = document.querySelector('svg').getBoundingClientRect();
return boxes.filter(box => box.right > frame.right + 1).length;
"""


@pytest.fixture(scope="module", params=["watch", "replay"])
def page(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "watch":
        acts = tuple(act(outcome, at=NOW - days * DAY) for days, outcome in ((8, "promoted"), (5, "rolled_back")))
        overview = look(bad=True, drifted=True, acts=acts, model="moderation-of-a-forum-with-a-long-name")
        text = render_page(look(bad=True, drifted=True, acts=acts, periods=tuple(history(overview))))
    else:
        rows = talk(24, 60, lambda day: phrases(0, 1, 2) if day < 12 else phrases(6, 7, 8))
        told = replayed(
            folder, rows, "watch.maturity=2d", "project.name=moderation-of-a-forum-with-quite-a-long-name", first=6
        )
        text = draw_page(told.outcome)
    path = folder / "page.html"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 768, 1280])
def test_nothing_is_wider_than_the_screen(
    browser: webdriver.Chrome,
    page: Path,
    scheme: str,
    width: int,
) -> None:
    show(browser, page, scheme=scheme, width=width)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    assert browser.execute_script(_OVERFLOWING) == []


def test_letters_of_the_picture_can_be_read_on_a_phone(browser: webdriver.Chrome, page: Path) -> None:
    show(browser, page, scheme="light", width=360)
    assert min(browser.execute_script(_LETTERS)) >= 9


def test_no_line_of_the_picture_is_cut_off(browser: webdriver.Chrome, page: Path) -> None:
    show(browser, page, scheme="light", width=1280)
    assert browser.execute_script(_COVERED) == 0


def test_the_browser_has_nothing_to_complain_of(browser: webdriver.Chrome, page: Path) -> None:
    entries(browser, "browser")
    show(browser, page, scheme="light", width=1280)
    assert entries(browser, "browser") == []
