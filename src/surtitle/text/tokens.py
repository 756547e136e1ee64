"""Tokens: spaCy's own, with their dictionary forms.

A corpus of tokens is kept as numbers: each distinct token is a *type*, and a text is a run of type numbers. What is
slow in Python (strings, lemmas, character n-grams) is then done once per type.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from surtitle.errors import Fault, SettingsError
from surtitle.settings import TextSettings
from surtitle.text.cleaning import clean
from surtitle.text.pronouns import PRONOUN_TERM, PRONOUNS

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

__all__ = ["Tokenizer", "Tokens", "join_tokens"]

_BATCH = 1000


class Tokens(msgspec.Struct, frozen=True):
    """Tokenised texts.

    Parameters
    ----------
    types : list of (str, str)
        Each distinct token: its text and its word form (the lemma, where lemmas are used).
    ids : int32, shape (n_tokens,)
        All texts' tokens one after the other, as indices into `types`.
    starts : int64, shape (n_texts + 1,)
        Text i is ``ids[starts[i]:starts[i + 1]]``.
    """

    types: list[tuple[str, str]]
    ids: NDArray[np.int32]
    starts: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.starts) - 1

    def text(self, index: int) -> list[tuple[str, str]]:
        """Return the tokens of one text."""
        return [self.types[i] for i in self.ids[self.starts[index] : self.starts[index + 1]]]

    def part(self, start: int, end: int) -> "Tokens":
        """Return the texts from `start` to before `end`, over the types that occur in them."""
        ids = self.ids[self.starts[start] : self.starts[end]]
        used, renumbered = np.unique(ids, return_inverse=True)
        starts = self.starts[start : end + 1] - self.starts[start]
        return Tokens([self.types[i] for i in used], renumbered.astype(np.int32), starts)


def join_tokens(parts: Sequence[Tokens]) -> Tokens:
    """Return the texts of all parts, in order, over one list of types.

    Examples
    --------
    >>> a = Tokens([("a", "a")], np.array([0], np.int32), np.array([0, 1]))
    >>> b = Tokens([("b", "b"), ("a", "a")], np.array([0, 1], np.int32), np.array([0, 2]))
    >>> both = join_tokens([a, b])
    >>> both.text(1)
    [('b', 'b'), ('a', 'a')]
    """
    numbers: dict[tuple[str, str], int] = {}
    ids = [np.zeros(0, np.int32)]
    starts = [np.zeros(1, np.int64)]
    offset = 0
    for part in parts:
        renumber = np.array([numbers.setdefault(kind, len(numbers)) for kind in part.types], np.int32)
        ids.append(renumber[part.ids])
        starts.append(part.starts[1:] + offset)
        offset += int(part.starts[-1])
    return Tokens(list(numbers), np.concatenate(ids), np.concatenate(starts))


class Tokenizer:
    """Cleans texts and cuts them into spaCy's tokens.

    Not safe to share between threads while in use, as spaCy's pipelines are not.

    Parameters
    ----------
    settings : TextSettings
        Language or pipeline, lemmas, pronouns, cleaning.

    Raises
    ------
    SettingsError
        If spaCy does not know the language, or the pipeline is not installed.

    Examples
    --------
    >>> tokenizer = Tokenizer(TextSettings())
    >>> tokenizer(["The cars weren't GREEN"]).text(0)
    [('the', 'the'), ('cars', 'car'), ('were', 'be'), ("n't", 'not'), ('green', 'green')]
    """

    def __init__(self, settings: TextSettings) -> None:
        self.settings = settings
        self._nlp = _load_pipeline(settings)
        self._pronouns = _pronouns(settings)
        self._lemmas = _lookup(self._nlp) if settings.lemmas and not settings.pipeline else None
        self._forms: dict[str, str] = {}

    def __call__(self, texts: Iterable[str]) -> Tokens:
        """Clean and tokenise texts.

        Raises
        ------
        TypeError
            If an item is not a string.
        """
        cleaned = (clean(text, self.settings.cleaning) for text in texts)
        return self._in_context(cleaned) if self.settings.pipeline else self._one_by_one(cleaned)

    def _one_by_one(self, cleaned: Iterator[str]) -> Tokens:
        """Tokenise with a blank pipeline, in which a token's word form follows from its text alone."""
        from spacy.attrs import ORTH

        tokenizer: Any = self._nlp.tokenizer
        hashes = [doc.to_array(ORTH) for doc in tokenizer.pipe(cleaned, batch_size=_BATCH)]
        flat = np.concatenate([np.zeros(0, np.uint64), *hashes])
        distinct, first, inverse = np.unique(flat, return_index=True, return_inverse=True)
        order = np.argsort(first)
        places = np.empty(len(order), np.int32)
        places[order] = np.arange(len(order), dtype=np.int32)
        strings = self._nlp.vocab.strings
        types = self._pairs([strings[int(distinct[index])] for index in order])
        return Tokens(types, places[inverse], _starts([len(found) for found in hashes]))

    def _pairs(self, texts: list[str]) -> list[tuple[str, str]]:
        """Return distinct tokens with their word forms, from memory where it can."""
        fresh = [text for text in texts if text not in self._forms]
        if len(self._forms) + len(fresh) > _FORMS_LIMIT:
            self._forms.clear()
            fresh = texts
        words = self._lemmas(fresh) if self._lemmas else fresh
        for text, word in zip(fresh, words, strict=True):
            self._forms[text] = PRONOUN_TERM if text.lower() in self._pronouns else word
        return [(text, self._forms[text]) for text in texts]

    def _in_context(self, cleaned: Iterator[str]) -> Tokens:
        numbers: dict[tuple[str, str], int] = {}
        ids: list[int] = []
        lengths: list[int] = []
        for doc in self._nlp.pipe(cleaned, batch_size=_BATCH):
            ids.extend(numbers.setdefault(pair, len(numbers)) for pair in self._pairs_in_context(doc))
            lengths.append(len(doc))
        return Tokens(list(numbers), np.array(ids, np.int32), _starts(lengths))

    def _pairs_in_context(self, doc: "Doc") -> list[tuple[str, str]]:
        pairs = []
        for token in doc:
            word = (token.lemma_ or token.text) if self.settings.lemmas else token.text
            if self.settings.fold_pronouns and (token.pos_ == "PRON" or token.lower_ in self._pronouns):
                word = PRONOUN_TERM
            pairs.append((token.text, word.lower() if self.settings.cleaning.lowercase else word))
        return pairs


# Enough for any training vocabulary, and a bound on what hostile texts can fill.
_FORMS_LIMIT = 1_000_000


def _load_pipeline(settings: TextSettings) -> "Language":
    import spacy

    if settings.pipeline:
        try:
            return spacy.load(settings.pipeline, disable=["parser", "ner"])
        except OSError as error:
            remedy = f"python -m spacy download {settings.pipeline}, or leave text.pipeline empty"
            fault = Fault("text.pipeline", f"{settings.pipeline!r} is not installed", remedy)
            raise SettingsError("the spaCy pipeline cannot be loaded", [fault]) from error
    try:
        return spacy.blank(settings.language)
    except ImportError as error:
        what = f"spaCy has no language {settings.language!r}, or it needs another package: {error}"
        fault = Fault("text.language", what, "xx is any language")
        raise SettingsError("the language cannot be used", [fault]) from error


def _lookup(nlp: "Language") -> Callable[[list[str]], list[str]] | None:
    """Return the language's dictionary, for many tokens at a time, or None where spacy-lookups-data has none."""
    from spacy.tokens import Doc

    try:
        lemmatizer: Any = nlp.add_pipe("lemmatizer", config={"mode": "lookup"})
        lemmatizer.initialize()
    except (ValueError, ImportError):
        if "lemmatizer" in nlp.pipe_names:
            nlp.remove_pipe("lemmatizer")
        return None

    def lemmas(texts: list[str]) -> list[str]:
        # Through spaCy's own method: some languages override it.
        found = (lemmatizer.lookup_lemmatize(token) for token in Doc(nlp.vocab, words=texts))
        return [str(lemma[0]) if lemma else text for lemma, text in zip(found, texts, strict=True)]

    return lemmas


def _starts(lengths: list[int]) -> NDArray[np.int64]:
    starts = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=starts[1:])
    return starts


def _pronouns(settings: TextSettings) -> frozenset[str]:
    if not settings.fold_pronouns:
        return frozenset()
    if settings.language not in PRONOUNS and not settings.pipeline:
        what = f"no list of pronouns for {settings.language!r}; there is one for {', '.join(sorted(PRONOUNS))}"
        fault = Fault("text.fold_pronouns", what, "name a text.pipeline that tags words, or switch it off")
        raise SettingsError("pronouns cannot be folded", [fault])
    return PRONOUNS.get(settings.language, frozenset())
