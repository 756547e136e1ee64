"""The one door to the native engine, which may be missing."""

import os
from collections.abc import Callable, Sequence
from functools import cache
from importlib import import_module
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeVar

import msgspec
import numpy as np

from surtitle.errors import Fault, SettingsError
from surtitle.settings import CleaningSettings, FeatureSettings
from surtitle.text.batches import Texts, buffers_of
from surtitle.text.characters import plain_characters
from surtitle.text.cleaning import clean
from surtitle.text.rules import TokenizerRules
from surtitle.text.splitter import Splitter
from surtitle.text.tokens import Tokens, join_tokens
from surtitle.text.vocabulary import Vocabulary, inverse_frequency, span

if TYPE_CHECKING:
    from scipy import sparse

__all__ = [
    "NATIVE_VERSION",
    "EngineName",
    "NativeHelpers",
    "NativeStatus",
    "NativeTokenizer",
    "NativeVectorizer",
    "choose_engine",
    "choose_natively",
    "csr_from_bytes",
    "in_parts",
    "native_module",
    "native_status",
    "native_threads",
    "wants_native",
]

NATIVE_VERSION = "0.1.0"
"""The version of `surtitle-native` that goes with this Surtitle."""

Answer = TypeVar("Answer")
EngineName = Literal["native", "python", "pipeline"]
Made = TypeVar("Made")


class NativeStatus(NamedTuple):
    """Whether the native engine is there; its version, or why not; and how to get it."""

    available: bool
    what: str
    remedy: str


@cache
def native_status() -> NativeStatus:
    """Say whether the native engine can be used in this process."""
    remedy = f"pip install surtitle-native=={NATIVE_VERSION}, or build it in native/ with a Rust toolchain: make native"
    try:
        version = import_module("surtitle_native").__version__
    except ImportError as error:
        return NativeStatus(False, f"surtitle-native is not installed: {error}", remedy)
    if version != NATIVE_VERSION:
        return NativeStatus(False, f"surtitle-native is of version {version}, not {NATIVE_VERSION}", remedy)
    return NativeStatus(True, version, "")


def native_module() -> Any:
    """Return the native module, where `native_status` says that it is available."""
    return import_module("surtitle_native")


def native_threads() -> int:
    """Return how many threads a batch gets: the cores of this process."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def choose_engine(
    rules: TokenizerRules,
    wanted: EngineName | None,
    *,
    native: Callable[[TokenizerRules], Made],
    python: Callable[[TokenizerRules], Made],
) -> Made:
    """Make the native object where the native engine is there and takes the rules, else the Python one.

    Parameters
    ----------
    rules : TokenizerRules
        Given to the one that is made, with programs to the native one.
    wanted : "python", "native" or None
        One of them by name.
    native, python : callable
        Make an object; the native one raises `ValueError` where it does not take the rules.

    Raises
    ------
    SettingsError
        If the native engine is asked for by name and cannot be had.
    """
    if wanted == "python":
        return python(rules)
    status = native_status()
    if status.available:
        own = rules.with_programs()
        try:
            if own.programs is None:
                raise ValueError(own.why_not_native)
            return native(own)
        except ValueError as error:
            status = NativeStatus(False, f"it does not take the rules: {error}", "use the Python engine")
    if wanted == "native":
        raise SettingsError("the native engine cannot be used", [Fault("engine", status.what, status.remedy)])
    return python(rules)


def wants_native(engine: EngineName | None) -> bool:
    """Return whether work on tokens, which needs no rules, is to be done natively.

    Raises
    ------
    SettingsError
        If the native engine is asked for by name and cannot be had.
    """
    status = native_status()
    if engine == "native" and not status.available:
        raise SettingsError("the native engine cannot be used", [Fault("engine", status.what, status.remedy)])
    return engine != "python" and status.available


class NativeHelpers:
    """What every native object is made of: its specification, and two functions for what is left to Python."""

    def __init__(self, rules: TokenizerRules, cleaning: CleaningSettings) -> None:
        # The patterns have gone into the programs.
        own = msgspec.structs.replace(rules, prefix=None, suffix=None, infix=None, url=None, token=None)
        self.spec = msgspec.json.encode({"rules": own, "cleaning": cleaning, "characters": plain_characters(cleaning)})
        self._cleaning = cleaning
        self._splitter = Splitter(rules)
        self._lock = Lock()

    def clean(self, text: str) -> str:
        """Clean a text."""
        return clean(text, self._cleaning)

    def split(self, cleaned: str) -> list[str]:
        """Cut a cleaned text into tokens."""
        with self._lock:  # the native side may ask from several threads
            return self._splitter.split_text(cleaned)


class NativeTokenizer:
    """Tokenises in threads, in Rust. Safe to share between threads.

    Parameters
    ----------
    rules : TokenizerRules
        With programs.
    cleaning : CleaningSettings
        What comes before.
    """

    name: EngineName = "native"

    def __init__(self, rules: TokenizerRules, cleaning: CleaningSettings) -> None:
        helpers = NativeHelpers(rules, cleaning)
        self._native = native_module().Tokenizer(helpers.spec, helpers.clean, helpers.split)

    def __call__(self, texts: Texts) -> Tokens:
        """Clean and tokenise texts."""
        found = in_parts(texts, lambda part: self._native.tokenize(part, native_threads()))
        parts = [Tokens(types, np.frombuffer(i, np.int32), np.frombuffer(s, np.int64)) for types, i, s in found]
        return parts[0] if len(parts) == 1 else join_tokens(parts)

    def frequent_chunks(self, texts: Sequence[str], *, min_examples: int, most: int) -> dict[str, Sequence[str]]:
        """Return the cleaned chunks that so many texts hold with their tokens, but those that neighbours can change."""
        return dict(self._native.frequent_chunks(list(texts), min_examples, most))


def in_parts(texts: Texts, read: Callable[[Any], Answer]) -> list[Answer]:
    """Return what `read` says of each part of a batch; a list of strings is one part, a column may have several."""
    batch = buffers_of(texts)
    return [read(part) for part in batch] if batch and isinstance(batch[0], tuple) else [read(batch)]


def choose_natively(tokens: Tokens, settings: FeatureSettings, *, n_texts: int) -> Vocabulary:
    """Choose the terms of the first `n_texts` texts."""
    words, of_words, chars, of_chars = native_module().choose_terms(
        tokens.types,
        tokens.ids.tobytes(),
        tokens.starts.tobytes(),
        n_texts,
        span(settings.word_ngrams),
        span(settings.char_ngrams),
        settings.min_examples,
        settings.max_word_terms,
        settings.max_char_terms,
    )
    word_idf, char_idf = (inverse_frequency(np.frombuffer(found, np.int64), n_texts) for found in (of_words, of_chars))
    return Vocabulary(tuple(words), tuple(chars), word_idf, char_idf)


class NativeVectorizer:
    """Turns tokens into weighted rows, in threads, in Rust."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._n_terms = len(vocabulary)
        self._native = native_module().Vectorizer(
            list(vocabulary.words),
            list(vocabulary.chars),
            vocabulary.word_idf.tobytes(),
            vocabulary.char_idf.tobytes(),
        )

    def rows(self, tokens: Tokens) -> "sparse.csr_array":
        """Return the rows, float64, shape (n_texts, n_terms)."""
        ids, starts = tokens.ids.tobytes(), tokens.starts.tobytes()
        found = self._native.rows(tokens.types, ids, starts, native_threads())
        return csr_from_bytes(*found, n_terms=self._n_terms)


def csr_from_bytes(starts: bytes, columns: bytes, values: bytes, *, n_terms: int) -> "sparse.csr_array":
    """Return the rows that the native side gives: starts int64, columns int32, values float64."""
    from scipy import sparse

    own, indices, indptr = np.frombuffer(values), np.frombuffer(columns, np.int32), np.frombuffer(starts, np.int64)
    if len(own) <= np.iinfo(np.int32).max:
        indptr = indptr.astype(np.int32)  # both of one type; else scipy would look through all of them, and copy
    return sparse.csr_array((own, indices, indptr), shape=(len(indptr) - 1, n_terms))
