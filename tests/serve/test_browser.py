"""`/docs` in a real browser: a request is tried, nothing overflows, nothing complains, nothing else is asked for."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from surtitle.serve.keys import hash_key
from tests.browser import entries
from tests.evaluate.report.test_browser import _CONTRASTS, _OVERFLOWING
from tests.serve.services import Service, serving

pytestmark = pytest.mark.slow


def show(browser: webdriver.Chrome, service: Service, *, scheme: str = "light", width: int = 1280) -> None:
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    browser.get(f"{service.url}/docs")
    until(browser, "return document.querySelectorAll('.operation').length > 10")


def until(browser: webdriver.Chrome, script: str) -> Any:
    return WebDriverWait(browser, 20, poll_frequency=0.05).until(lambda chrome: chrome.execute_script(script))


def keep_picture(browser: webdriver.Chrome, name: str) -> None:
    """Keep a picture for a person to look at, where SURTITLE_PICTURES names a folder."""
    folder = os.environ.get("SURTITLE_PICTURES")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        browser.save_screenshot(str(Path(folder) / f"{name}.png"))


def ask(browser: webdriver.Chrome, text: str) -> None:
    area = browser.find_element(By.NAME, "text")
    area.clear()
    area.send_keys(text)
    browser.find_element(By.CSS_SELECTOR, "#ask button").click()
    until(
        browser, "return !document.getElementById('verdict').hidden && !document.querySelector('#ask button').disabled"
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_a_text_is_decided_and_nothing_is_wider_than_the_screen(
    browser: webdriver.Chrome, service: Service, scheme: str, width: int
) -> None:
    show(browser, service, scheme=scheme, width=width)
    ask(browser, "You are a DUMMY!!!!")
    assert browser.find_element(By.CSS_SELECTOR, "#verdict strong").text == "remove"
    assert len(browser.find_elements(By.CSS_SELECTOR, ".terms code")) == 10
    keep_picture(browser, f"top-{scheme}-{width}")
    browser.execute_script("document.querySelectorAll('details').forEach(e => e.open = true)")
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    assert browser.execute_script(_OVERFLOWING) == []
    browser.execute_script("document.getElementById('decide').scrollIntoView()")
    keep_picture(browser, f"decide-{scheme}-{width}")
    browser.execute_script("document.getElementById('type-Event').scrollIntoView()")
    keep_picture(browser, f"types-{scheme}-{width}")


@pytest.mark.parametrize(
    "operation",
    ["decide", "labels", "models", "healthz", "metrics", "v2Model", "v2Infer", "v2InferVersion", "v2ModelReadyVersion"],
)
def test_an_operation_can_be_tried_as_it_stands(browser: webdriver.Chrome, service: Service, operation: str) -> None:
    show(browser, service)
    browser.execute_script(f"location.hash = '{operation}'")
    until(browser, f"return document.getElementById('{operation}').open")
    button = browser.find_element(By.CSS_SELECTOR, f"#{operation} form button")
    browser.execute_script("arguments[0].click()", button)
    until(browser, f"return document.querySelector('#{operation} .answer .pill')")
    assert browser.find_element(By.CSS_SELECTOR, f"#{operation} .answer .pill").text == "200"
    keep_picture(browser, f"tried-{operation}")


def test_a_refusal_is_shown_in_the_words_of_the_service(browser: webdriver.Chrome, service: Service) -> None:
    show(browser, service)
    browser.execute_script("location.hash = 'decide'")
    area = browser.find_element(By.CSS_SELECTOR, "#decide textarea")
    browser.execute_script("arguments[0].value = '{\"txt\": 1}'", area)
    browser.execute_script("arguments[0].click()", browser.find_element(By.CSS_SELECTOR, "#decide form button"))
    until(browser, "return document.querySelector('#decide .answer pre')")
    assert "unknown field `txt`" in browser.find_element(By.CSS_SELECTOR, "#decide .answer pre").text


def test_a_key_is_asked_for_and_used_where_there_are_keys(browser: webdriver.Chrome, garden: Path) -> None:
    with serving(garden, environ={"SURTITLE_KEYS": f"me:{hash_key('st_one')}"}) as running:
        show(browser, running)
        ask(browser, "you dummy")
        assert "an API key is needed" in browser.find_element(By.ID, "verdict").text
        browser.find_element(By.NAME, "key").send_keys("st_one")
        ask(browser, "you dummy")
        until(browser, "return document.querySelector('#verdict strong')")
        assert browser.find_element(By.CSS_SELECTOR, "#verdict strong").text == "remove"


def test_a_hostile_text_is_shown_as_text(browser: webdriver.Chrome, service: Service) -> None:
    show(browser, service)
    ask(browser, "<img src=x onerror=document.title='owned'> you dummy")
    assert browser.find_elements(By.CSS_SELECTOR, "#verdict img") == []
    assert browser.title == "garden · Surtitle service"


def test_the_browser_has_nothing_to_complain_of_and_asks_nobody_else(
    browser: webdriver.Chrome, service: Service
) -> None:
    browser.get("about:blank")
    for kind in ("browser", "performance"):
        entries(browser, kind)
    show(browser, service, scheme="dark", width=390)
    ask(browser, "how kind")
    assert entries(browser, "browser") == []
    messages = [json.loads(entry["message"])["message"] for entry in entries(browser, "performance")]
    asked = [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]
    assert f"{service.url}/openapi.json" in asked
    assert [url for url in asked if not url.startswith(service.url)] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(browser: webdriver.Chrome, service: Service, scheme: str) -> None:
    """WCAG 2.1, success criterion 1.4.3: 4.5 to 1."""
    show(browser, service, scheme=scheme)
    pairs = [(ink, paper) for ink in ("ink", "muted", "accent", "good", "warn", "bad") for paper in ("paper", "card")]
    more = [(tone, f"{tone}-soft") for tone in ("good", "warn", "bad", "accent")]
    ratios = browser.execute_script(_CONTRASTS, [*pairs, *more, ("muted", "soft"), ("accent-ink", "accent")])
    assert {pair: ratio for pair, ratio in ratios.items() if ratio < 4.5} == {}
