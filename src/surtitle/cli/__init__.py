"""The command line: one module per command, each of which parses, calls one library function and renders."""

from surtitle.cli.app import main

__all__ = ["main"]
