"""HTML and SVG that cannot be broken by what they show: everything that is not markup already is escaped."""

import html
import re
from collections.abc import Iterable

__all__ = ["Html", "element", "join", "scroll"]

# Not allowed in HTML, or not encodable at all (lone surrogates): shown as the replacement character.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_VOID = frozenset({"br", "circle", "hr", "line", "link", "meta", "path", "polygon", "polyline", "rect"})


class Html(str):
    """Markup: text that has been escaped, or needs no escaping."""

    __slots__ = ()


def element(tag: str, *children: str | float, **attributes: str | float | None) -> Html:
    """Return one element; children that are not `Html` are escaped, and so are all attributes.

    An underscore at the end of an attribute's name is dropped, any other becomes a hyphen; None leaves the attribute
    out.

    Examples
    --------
    >>> element("p", "1 < 2", element("b", "!"), class_="note", aria_label='"')
    '<p class="note" aria-label="&quot;">1 &lt; 2<b>!</b></p>'
    """
    named = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{_escape(value)}"'
        for name, value in attributes.items()
        if value is not None
    )
    if tag in _VOID:
        return Html(f"<{tag}{named}/>" if not children else f"<{tag}{named}>{join(children)}</{tag}>")
    return Html(f"<{tag}{named}>{join(children)}</{tag}>")


def join(parts: Iterable[str | float]) -> Html:
    """Put parts side by side, escaping those that are not `Html`.

    Examples
    --------
    >>> join(["<", Html("<br>")])
    '&lt;<br>'
    """
    return Html("".join(part if isinstance(part, Html) else _escape(part) for part in parts))


def scroll(table: Html, name: str) -> Html:
    """Let a wide table scroll inside of its own box, by keyboard too."""
    return element("div", table, class_="scroll", tabindex=0, role="region", aria_label=name)


def _escape(value: str | float) -> str:
    return html.escape(_UNPRINTABLE.sub("�", str(value)))
