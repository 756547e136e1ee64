"""Test doubles and the contracts of `surtitle.stream.ports` as tests, for whoever writes a source or a sink.

`Rig` drives a whole stream in virtual time: ``push``, ``advance_time``, ``crash``, ``outputs``. `MemorySource` and
`MemorySink` keep everything in lists and can be made to fail at any step. `check_source` and `check_sink` hold an
implementation to its port's docstring.
"""

from surtitle.stream.testing.contracts import check_sink, check_source
from surtitle.stream.testing.doubles import LengthScorer, MemorySink, MemorySource
from surtitle.stream.testing.rig import Crash, Rig

__all__ = ["Crash", "LengthScorer", "MemorySink", "MemorySource", "Rig", "check_sink", "check_source"]
