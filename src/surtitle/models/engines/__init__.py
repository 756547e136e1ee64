"""Engines: from raw texts to logits and rows, each in its own way and with the same answers."""

from surtitle.models.engines.choice import make_engine
from surtitle.models.engines.engine import Engine

__all__ = ["Engine", "make_engine"]
