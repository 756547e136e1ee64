"""From text to weighted terms: the one path that every other room uses. Pure.

Names are imported when they are first used: reading a tokenizer's rules needs no sparse matrices.
"""

from typing import TYPE_CHECKING

from surtitle.lazy import names_from

if TYPE_CHECKING:
    from surtitle.text.chunks import RememberedChunks
    from surtitle.text.cleaning import CHUNK_LIMIT, clean, trace_cleaning
    from surtitle.text.features import Vectorizer, fit_vocabulary
    from surtitle.text.frequent import ChunkFinder, frequent_chunks
    from surtitle.text.rules import TokenizerRules, read_rules
    from surtitle.text.tokenizer import Tokenizer, tokenize
    from surtitle.text.tokens import Tokens
    from surtitle.text.vocabulary import Vocabulary

__all__ = [
    "CHUNK_LIMIT",
    "ChunkFinder",
    "RememberedChunks",
    "Tokenizer",
    "TokenizerRules",
    "Tokens",
    "Vectorizer",
    "Vocabulary",
    "clean",
    "fit_vocabulary",
    "frequent_chunks",
    "read_rules",
    "tokenize",
    "trace_cleaning",
]

__getattr__ = names_from(
    __name__,
    {
        "CHUNK_LIMIT": "cleaning",
        "ChunkFinder": "frequent",
        "RememberedChunks": "chunks",
        "Tokenizer": "tokenizer",
        "TokenizerRules": "rules",
        "Tokens": "tokens",
        "Vectorizer": "features",
        "Vocabulary": "vocabulary",
        "clean": "cleaning",
        "fit_vocabulary": "features",
        "frequent_chunks": "frequent",
        "read_rules": "rules",
        "tokenize": "tokenizer",
        "trace_cleaning": "cleaning",
    },
)
