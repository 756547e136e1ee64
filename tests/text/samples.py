"""Texts that are hard on a tokenizer, for the tests of the text path."""

from hypothesis import strategies as st
from spacy.lang.tokenizer_exceptions import BASE_EXCEPTIONS

SPACES = "".join(character for character in map(chr, range(0x110000)) if character.isspace())
_PIECES = [
    *(
        "can't",
        "won't",
        "it's",
        "I'm",
        "y'all",
        "o'clock",
        "d'un",
        "l'été",
        "aujourd'hui",
        "z.B.",
        "Dr.",
        "p.m.",
        "8a.m.",
    ),
    *(
        "http://a.bc/d?e=f.",
        "https://t.co/x",
        "www.a.bc,",
        "a@b.cd",
        "@tom",
        "@a,b",
        "u/bob",
        "#tag",
        "a.b.c",
        "U.S.A.",
    ),
    *(":)", ":(", ":-)", ":'(", "8-)", "<3", "(:", ":p", "xD", "^_^", "¯\\(ツ)/¯", ":((", "foo:(", "bar;)", "'s", "''"),
    *(
        "👩‍👩‍👧",
        "👍🏽",
        "🇩🇪",
        "❤️",
        "e\u0301",
        "\u0301",
        "a\u200db",
        "שלום",
        "مرحبا\u202e",
        "ﬁ",
        "ｆｕｌｌ",
        "dumмy",
        "\ud800",
    ),
    *(
        "&amp;",
        "&#10;",
        "&lt;3",
        "&nbsp;",
        "10km",
        "$5",
        "3-4",
        "50%",
        "x" * 120,
        "!" * 150,
        "ha" * 60,
        "1,000.5",
        "--",
        "…",
    ),
    *("straße", "größer", "est-il", "EE.", "UU.", "ее", "ſ", "İ", "Σ", "ΣΑΣ"),
]
pieces = st.sampled_from(_PIECES)
signs = st.sampled_from(list(":;()[]{}<>-_'’\".,!?*=^/\\|@#&%$8Ddpoxs30'"))
words = st.sampled_from(["you", "are", "a", "dummy", "Kind", "cars", "sind", "Haus", "les", "niños", "wasn't", "foo"])
spaces = st.one_of(st.just(" "), st.sampled_from(SPACES), st.sampled_from(["", "  ", " \n"]))
characters = st.one_of(st.characters(), st.characters(exclude_categories=()))

EMOTICONS = st.lists(st.one_of(signs, st.just(" "), st.sampled_from("ax8")), max_size=14).map("".join)
"""Runs of the signs that emoticons are made of, cut by spaces."""

_faces = sorted(face for face in BASE_EXCEPTIONS if len(face) > 1 and not any(map(str.isalnum, face)))


def _cut(face: str, after: int) -> str:
    """Put a space after each character whose bit is set."""
    return "".join(sign + " " * (after >> place & 1) for place, sign in enumerate(face))


_face = st.one_of(st.sampled_from(_faces), st.builds(_cut, st.sampled_from(_faces), st.integers(0, 15)))
TOUCHING = st.lists(st.tuples(_face, st.sampled_from(["", "", " ", "a"])), max_size=5).map(
    lambda parts: "".join(face + after for face, after in parts)
)
"""Emoticons of spaCy's own, side by side and some of them cut by spaces: one in ten leaks across white space."""

TEXTS = st.lists(st.tuples(st.one_of(words, pieces, signs, st.text(characters, max_size=6)), spaces), max_size=14).map(
    lambda parts: "".join(piece + space for piece, space in parts)
)
"""Everything."""
