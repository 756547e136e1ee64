"""Engines: from raw texts to logits and rows, each in its own way and with the same answers."""

from surtitle.models.engines.choice import make_engine
from surtitle.models.engines.engine import MEMO_BYTES, Engine

__all__ = ["MEMO_BYTES", "Engine", "make_engine"]
