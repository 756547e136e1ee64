from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surtitle.evaluate.report.markup import Html, element, join


class Reader(HTMLParser):
    """Collects what a browser would see."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: dict[str, str | None] = {}
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes.update(attrs)

    def handle_data(self, data: str) -> None:
        self.text += data


@given(text=st.text(), value=st.text())
def test_no_text_can_leave_its_place(text: str, value: str) -> None:
    reader = Reader()
    reader.feed(element("p", text, title=value))
    reader.close()
    assert reader.tags == ["p"]
    assert list(reader.attributes) == ["title"]


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cc"])))
def test_printable_text_arrives_as_it_was(text: str) -> None:
    reader = Reader()
    reader.feed(element("p", text))
    reader.close()
    assert reader.text.replace("�", "") == "".join(c for c in text if not 0xFDD0 <= ord(c) <= 0xFDEF and c not in "�￾￿")


@pytest.mark.parametrize("text", ["\x00", "\x1b[31m", "\ud800", "\ufffe"])
def test_what_cannot_be_shown_becomes_the_replacement_character(text: str) -> None:
    shown = element("p", text)
    assert "�" in shown
    shown.encode("utf-8")


def test_markup_is_not_escaped_twice() -> None:
    assert join([Html("<b>"), element("i", "&"), "<"]) == "<b><i>&amp;</i>&lt;"
