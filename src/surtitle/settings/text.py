"""[text] and [features]: how text becomes terms with weights."""

from typing import Annotated

from msgspec import Meta

from surtitle.settings.kinds import Count, NgramRange, Section

__all__ = ["CleaningSettings", "FeatureSettings", "TextSettings"]


class CleaningSettings(Section, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The cleaning steps, in the order in which they run."""

    html: Annotated[bool, Meta(description="decode HTML entities: &amp; becomes &")] = True
    unicode: Annotated[bool, Meta(description="Unicode NFKC: one form for letters that look the same")] = True
    invisible: Annotated[bool, Meta(description="drop zero-width and other invisible characters")] = True
    homoglyphs: Annotated[
        bool, Meta(description="in words that mix scripts, Cyrillic and Greek look-alikes become Latin")
    ] = True
    urls: Annotated[bool, Meta(description="web addresses become one word")] = True
    users: Annotated[bool, Meta(description="@names become one word")] = True
    numbers: Annotated[bool, Meta(description="every digit becomes 0")] = False
    repeats: Annotated[bool, Meta(description="a character four or more times in a row is cut to three")] = True
    lowercase: Annotated[bool, Meta(description="to lower case, before spaCy sees the text")] = True


class TextSettings(Section, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How text becomes tokens."""

    language: Annotated[str, Meta(description="spaCy's code of the language: en, de, fr, ... or xx")] = "en"
    pipeline: Annotated[
        str, Meta(description="an installed spaCy pipeline, such as en_core_web_sm; empty: the blank one")
    ] = ""
    lemmas: Annotated[bool, Meta(description="use dictionary forms where the language has them")] = True
    fold_pronouns: Annotated[bool, Meta(description="all pronouns become one term")] = False
    cleaning: CleaningSettings = CleaningSettings()


class FeatureSettings(Section, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How tokens become terms, and terms weights."""

    word_ngrams: Annotated[NgramRange, Meta(description="shortest and longest run of words; [] for none")] = (1, 2)
    char_ngrams: Annotated[
        NgramRange, Meta(description="shortest and longest run of characters inside a word; [] for none")
    ] = (2, 5)
    min_examples: Annotated[Count, Meta(description="a term must occur in so many training examples")] = 2
    max_word_terms: Annotated[Count, Meta(description="keep at most so many word terms, the most frequent")] = 100_000
    max_char_terms: Annotated[Count, Meta(description="the same for character terms")] = 100_000
