"""From text to weighted terms: the one path that every other room uses. Pure."""

from surtitle.text.cleaning import CHUNK_LIMIT, clean, trace_cleaning
from surtitle.text.features import (
    Selection,
    TermCounts,
    Vectorizer,
    Vocabulary,
    choose_terms,
    count_terms,
    fit_vocabulary,
)
from surtitle.text.parallel import tokenize
from surtitle.text.tokens import Tokenizer, Tokens

__all__ = [
    "CHUNK_LIMIT",
    "Selection",
    "TermCounts",
    "Tokenizer",
    "Tokens",
    "Vectorizer",
    "Vocabulary",
    "choose_terms",
    "clean",
    "count_terms",
    "fit_vocabulary",
    "tokenize",
    "trace_cleaning",
]
