"""From text to weighted terms: the one path that every other room uses. Pure."""

from surtitle.text.chunks import RememberedChunks
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
from surtitle.text.frequent import frequent_chunks
from surtitle.text.rules import TokenizerRules, read_rules
from surtitle.text.tokenizer import Tokenizer, tokenize
from surtitle.text.tokens import Tokens

__all__ = [
    "CHUNK_LIMIT",
    "RememberedChunks",
    "Selection",
    "TermCounts",
    "Tokenizer",
    "TokenizerRules",
    "Tokens",
    "Vectorizer",
    "Vocabulary",
    "choose_terms",
    "clean",
    "count_terms",
    "fit_vocabulary",
    "frequent_chunks",
    "read_rules",
    "tokenize",
    "trace_cleaning",
]
