"""From text to weighted terms: the one path that every other room uses. Pure."""

from surtitle.text.cleaning import CHUNK_LIMIT, clean, trace_cleaning
from surtitle.text.features import Vectorizer, Vocabulary, fit_vocabulary
from surtitle.text.parallel import tokenize
from surtitle.text.tokens import Tokenizer, Tokens

__all__ = [
    "CHUNK_LIMIT",
    "Tokenizer",
    "Tokens",
    "Vectorizer",
    "Vocabulary",
    "clean",
    "fit_vocabulary",
    "tokenize",
    "trace_cleaning",
]
