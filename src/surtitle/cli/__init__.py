"""The command line: one module per command, each of which parses, calls one library function and renders."""

import gc
import signal
import sys
from collections.abc import Sequence

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code, one of `surtitle.errors.ExitCode`.

    Parameters
    ----------
    argv : sequence of str or None
        Arguments without the program's name; None: those of the process.
    """
    from surtitle.cli._guard import guarded

    if argv is None:
        # Modules and tables are large and stay: at its usual pace, Python looks through all of them again and again.
        gc.set_threshold(100_000, 20, 50)
    code = guarded(lambda: _run(argv))
    if argv is None:
        # The work is done and told: all that an interrupt could still break is Python's own end.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        # Python would search everything for garbage before it ends, a fifth of the time of a short command. DuckDB,
        # which only longer ones import, prints complaints when its objects are not found then.
        if "duckdb" not in sys.modules:
            gc.freeze()
    return code


def _run(argv: Sequence[str] | None) -> int:
    # Imported here, under the guard, since an interrupt may well come while modules are being read.
    from surtitle.cli.app import run

    return run(argv)
