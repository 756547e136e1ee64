"""The report in a real browser: nothing overflows, nothing complains, nothing is fetched."""

import json
from pathlib import Path

import pytest
from selenium import webdriver

from surtitle.evaluate import evaluate, render_report
from tests.browser import entries, show
from tests.evaluate.report.test_report import hostile_input
from tests.evaluate.samples import evaluation_input

pytestmark = pytest.mark.slow

_OVERFLOWING = """
return [...document.querySelectorAll('body *')]
  .filter(e => !e.closest('.scroll, pre, svg') && e.getBoundingClientRect().right > innerWidth + 1)
  .map(e => e.tagName + '.' + e.className);
"""
_CONTRASTS = """
const channel = v => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; };
const light = c => { const [r, g, b] = c.map(channel); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
const rgb = name => {
  const probe = document.createElement('i'); probe.style.color = `var(--${name})`; document.body.append(probe);
  const found = getComputedStyle(probe).color.match(/[\\d.]+/g).slice(0, 3).map(Number); probe.remove(); return found;
};
const ratio = (a, b) => {
  const [dark, bright] = [light(rgb(a)), light(rgb(b))].sort((x, y) => x - y); return (bright + .05) / (dark + .05);
};
return Object.fromEntries(arguments[0].map(([a, b]) => [`${a} on ${b}`, ratio(a, b)]));
"""


@pytest.fixture(scope="module", params=["two", "three", "hostile"])
def page(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / f"{request.param}.html"
    if request.param == "hostile":
        text = hostile_input(2)
    else:
        text = render_report(evaluate(evaluation_input(n_classes=2 if request.param == "two" else 3)))
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 768, 1280])
def test_nothing_is_wider_than_the_screen(browser: webdriver.Chrome, page: Path, scheme: str, width: int) -> None:
    show(browser, page, scheme=scheme, width=width)
    # A desktop's scroll bar takes some of the width.
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    assert browser.execute_script(_OVERFLOWING) == []


def test_the_browser_has_nothing_to_complain_of(browser: webdriver.Chrome, page: Path) -> None:
    entries(browser, "browser")
    show(browser, page, scheme="light", width=1280)
    assert entries(browser, "browser") == []


def test_the_page_itself_is_all_that_is_asked_for(browser: webdriver.Chrome, page: Path) -> None:
    browser.get("about:blank")
    entries(browser, "performance")
    show(browser, page, scheme="dark", width=360)
    messages = [json.loads(entry["message"])["message"] for entry in entries(browser, "performance")]
    asked = [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]
    assert page.as_uri() in asked
    assert {url for url in asked if not url.startswith("data:")} == {page.as_uri()}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(browser: webdriver.Chrome, page: Path, scheme: str) -> None:
    """WCAG 2.1, success criterion 1.4.3: 4.5 to 1."""
    show(browser, page, scheme=scheme, width=1280)
    pairs = [(ink, paper) for ink in ("ink", "muted", "accent", "warn") for paper in ("paper", "card")]
    ratios = browser.execute_script(_CONTRASTS, [*pairs, ("warn", "warn-soft"), ("muted", "soft")])
    assert {pair: ratio for pair, ratio in ratios.items() if ratio < 4.5} == {}


def test_each_scheme_has_its_own_ground(browser: webdriver.Chrome, page: Path) -> None:
    grounds = []
    for scheme in ("light", "dark"):
        show(browser, page, scheme=scheme, width=1280)
        grounds.append(browser.execute_script("return getComputedStyle(document.body).backgroundColor"))
    assert grounds == ["rgb(251, 250, 247)", "rgb(18, 23, 27)"]
