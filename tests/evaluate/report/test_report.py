import re
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surtitle.evaluate import Facts, evaluate, render_report
from tests.evaluate.samples import evaluation_input

HOSTILE = """"'><script>alert(1)</script><img src=x onerror=alert(1)>&lt;b&gt;</style></details>\x00\ud800\u202e"""
_VOID = {"meta", "link", "br", "line", "circle", "rect", "polygon", "polyline"}


class Checker(HTMLParser):
    """Reads a page and refuses tags that are not closed in order."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.attributes.update(name for name, _ in attrs)
        self.ids += [value or "" for name, value in attrs if name == "id"]
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in _VOID
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def read(page: str) -> Checker:
    checker = Checker()
    checker.feed(page)
    checker.close()
    assert checker.open == []
    return checker


def hostile_input(n_classes: int, **changes: Any) -> str:
    names = tuple(f"{HOSTILE}{k}" for k in range(n_classes))
    facts = Facts(
        project=HOSTILE,
        version=1,
        label=HOSTILE,
        noun=HOSTILE,
        settings=HOSTILE,
        digest=HOSTILE,
        findings=(HOSTILE, {"severity": HOSTILE, "message": HOSTILE, "places": [HOSTILE], "remedy": HOSTILE}),
        model={HOSTILE: HOSTILE},
        class_counts={HOSTILE: dict.fromkeys(names, 1)},
        package=HOSTILE,
        synthetic=True,
        best_auc=0.9,
    )
    given = evaluation_input(120, n_classes)
    given = msgspec.structs.replace(
        given,
        facts=facts,
        classes=names,
        texts=[HOSTILE] * 120,
        ids=[HOSTILE] * 120,
        clients=[f"{HOSTILE}{k % 3}" for k in range(120)],
        columns={HOSTILE: [f"{HOSTILE}{k % 3}" for k in range(120)]},
        terms={name: [(HOSTILE, 1.0), (HOSTILE, -1.0)] for name in names},
    )
    return render_report(evaluate(given))


@pytest.mark.parametrize("k", [2, 3])
def test_hostile_text_stays_text(k: int) -> None:
    page = hostile_input(k)
    checker = read(page)
    assert not checker.seen & {"script", "img", "iframe", "object", "form"}
    assert not {name for name in checker.attributes if name.startswith("on")}
    assert page.count("</style>") == 1
    page.encode("utf-8")


@pytest.mark.parametrize("k", [2, 3, 6])
def test_page_is_well_formed_and_links_resolve(k: int) -> None:
    checker = read(render_report(evaluate(evaluation_input(n_classes=k))))
    assert len(checker.ids) == len(set(checker.ids))
    assert {link[1:] for link in checker.links if link.startswith("#")} <= set(checker.ids)
    assert {link for link in checker.links if not link.startswith("#")} == {"data:,"}


def test_nothing_is_loaded_from_anywhere() -> None:
    page = render_report(evaluate(evaluation_input()))
    assert "default-src 'none'" in page.replace("&#x27;", "'")
    assert not re.search(r"https?:|url\(|@import|<script", page)


def test_charts_are_xml_and_told_to_screen_readers() -> None:
    page = render_report(evaluate(evaluation_input()))
    charts = re.findall(r"<svg viewBox.*?</svg>", page, flags=re.DOTALL)
    assert len(charts) == 6
    for chart in charts:
        root = ElementTree.fromstring(chart)
        assert root.get("role") == "img"
        assert [child.tag for child in root][:2] == ["title", "desc"]
        assert root.findtext("desc")


def test_texts_and_terms_are_shown_on_demand_only() -> None:
    page = render_report(evaluate(evaluation_input()))
    shown = re.sub(r"<details>.*?</details>", "", page, flags=re.DOTALL)
    assert "<details open" not in page
    assert "text number" in page
    assert "dummy" in page
    assert "text number" not in shown
    assert "dummy" not in shown


def test_every_section_of_two_classes_is_there() -> None:
    checker = read(render_report(evaluate(evaluation_input())))
    keys = [
        "metrics",
        "curves",
        "calibration",
        "costs",
        "classes",
        "slices",
        "time",
        "terms",
        "mistakes",
        "data",
        "provenance",
        "glossary",
    ]
    assert [key for key in checker.ids if not key.endswith("-title")] == keys


def test_sections_without_content_are_left_out() -> None:
    given = evaluation_input(n_classes=3, times=None, clients=None, columns={}, terms={}, texts=["same"] * 300)
    ids = read(render_report(evaluate(given))).ids
    assert not {"costs", "slices", "time", "terms"} & set(ids)


def test_perfect_model_has_no_mistakes() -> None:
    y = np.arange(300) % 2
    probs = np.column_stack([1.0 - y, y]).astype(float)
    page = render_report(evaluate(evaluation_input(y=y, probs=probs, chosen=y, validation=None)))
    assert "Every one of the test comments was put into the right class." in page


def test_synthetic_data_is_said_first() -> None:
    facts = Facts(project="p", synthetic=True, best_auc=0.9312)
    page = render_report(evaluate(evaluation_input(facts=facts)))
    assert page.index("Synthetic data.") < page.index('class="verdict"')
    assert "AUC of 0.931" in page
    assert "Synthetic data." not in render_report(evaluate(evaluation_input()))


def test_same_evaluation_gives_the_same_page() -> None:
    evaluation = evaluate(evaluation_input())
    assert render_report(evaluation) == render_report(evaluation)


@settings(max_examples=20)
@given(n=st.integers(6, 40), k=st.integers(2, 6), seed=st.integers(0, 999))
def test_few_examples_still_make_a_page(n: int, k: int, seed: int) -> None:
    page = render_report(evaluate(evaluation_input(n, k, seed)))
    read(page)
    assert not re.search(r"\b(nan|inf)\b", page)
