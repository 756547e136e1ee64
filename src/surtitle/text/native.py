"""The one door to the native engine, which may be missing."""

import os
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from threading import Lock
from typing import Any, Literal, NamedTuple

import msgspec
import numpy as np

from surtitle.errors import Fault, SettingsError
from surtitle.settings import CleaningSettings
from surtitle.text.characters import plain_characters
from surtitle.text.cleaning import clean
from surtitle.text.rules import TokenizerRules
from surtitle.text.splitter import Splitter
from surtitle.text.tokens import Tokens

__all__ = [
    "NATIVE_VERSION",
    "EngineName",
    "NativeHelpers",
    "NativeStatus",
    "NativeTokenizer",
    "choose_engine",
    "native_module",
    "native_status",
    "native_threads",
]

NATIVE_VERSION = "0.1.0"
"""The version of `surtitle-native` that goes with this Surtitle."""

EngineName = Literal["native", "python", "pipeline"]


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


def choose_engine(rules: TokenizerRules | None, wanted: EngineName | None) -> tuple[EngineName, TokenizerRules | None]:
    """Return the engine for these rules, and the rules as it needs them.

    Parameters
    ----------
    rules : TokenizerRules or None
        None: tokens come from a spaCy pipeline, in context.
    wanted : "python", "native" or None
        None: the native one where it is there and takes the rules.

    Raises
    ------
    SettingsError
        If the native engine is asked for by name and cannot be had.
    """
    if rules is None:
        return "pipeline", None
    if wanted == "python":
        return "python", rules
    status = native_status()
    if status.available:
        rules = rules.with_programs()
        if rules.programs is not None:
            return "native", rules
        status = NativeStatus(False, rules.why_not_native, "use the Python engine")
    if wanted == "native":
        raise SettingsError("the native engine cannot be used", [Fault("engine", status.what, status.remedy)])
    return "python", rules


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

    def __init__(self, rules: TokenizerRules, cleaning: CleaningSettings) -> None:
        helpers = NativeHelpers(rules, cleaning)
        self._native = native_module().Tokenizer(helpers.spec, helpers.clean, helpers.split)

    def __call__(self, texts: Sequence[str]) -> Tokens:
        """Clean and tokenise texts."""
        types, ids, starts = self._native.tokenize(list(texts), native_threads())
        return Tokens(types, np.frombuffer(ids, np.int32), np.frombuffer(starts, np.int64))
