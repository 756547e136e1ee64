"""Surtitle carries a text model through its whole life."""

__version__ = "0.1.0"
