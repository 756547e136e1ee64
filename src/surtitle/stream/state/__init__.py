"""Where a stream is, on disk: positions, windows, letters, outputs not yet written."""

from surtitle.stream.state.change import Change, HeldLetter, Identity, Recovered
from surtitle.stream.state.store import State, open_database, read_letters

__all__ = ["Change", "HeldLetter", "Identity", "Recovered", "State", "open_database", "read_letters"]
