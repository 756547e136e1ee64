"""`surtitle serve`: the champion behind HTTP."""

import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from surtitle.cli._options import JsonOption, ProjectOption, SetOption, examples, open_project
from surtitle.cli._terminal import print_json, say

if TYPE_CHECKING:
    from surtitle.serve.supervisor import Serving

__all__ = ["EPILOG", "command"]

_CHECK_TIMEOUT_S = 2.0
EPILOG = examples(
    "surtitle serve",
    "surtitle serve --port 9000 --workers 2",
    "surtitle serve --check",
    "surtitle serve --check --port 9000",
    "surtitle serve --new-key nightly",
    "surtitle serve --set serve.keys_file=keys.txt --host 0.0.0.0",
)


def command(
    host: Annotated[str | None, typer.Option("--host", metavar="ADDRESS", help="As serve.host.")] = None,
    port: Annotated[int | None, typer.Option("--port", metavar="NUMBER", help="As serve.port.")] = None,
    workers: Annotated[int | None, typer.Option("--workers", metavar="NUMBER", help="As serve.workers.")] = None,
    new_key: Annotated[
        str | None, typer.Option("--new-key", metavar="NAME", help="Make an API key, print it once, and end.")
    ] = None,
    check: Annotated[
        bool,
        typer.Option("--check", help="Ask the project's services on this machine whether they are ready, and end."),
    ] = False,
    project: ProjectOption = None,
    set_: SetOption = None,
    json: JsonOption = False,
) -> int:
    """Answer over HTTP with the champion's decisions.

    A new champion is taken up while it runs, without a request lost. Ctrl-C or SIGTERM ends it in good order. The
    access log goes to standard output, one JSON line a request; with --json the first line says where it listens.
    With --check, --port says which of several services is asked.
    """
    if new_key is not None:
        return _make_key(new_key, json=json)
    if check:
        return _check(project, port, json=json)
    chosen = {"host": host, "port": port, "workers": workers}
    overrides = [f"serve.{name}={value}" for name, value in chosen.items() if value is not None]
    opened = open_project(project, [*(set_ or ()), *overrides])
    from surtitle.serve import serve

    _log_to_stderr()

    def on_ready(serving: "Serving") -> None:
        if json:
            print_json(serving)
            sys.stdout.flush()
        say(f"{serving.model}, version {serving.version}, answers at {serving.url}; try it at {serving.url}/docs")

    return serve(opened, environ=os.environ, on_ready=on_ready)


def _make_key(name: str, *, json: bool) -> int:
    from surtitle.errors import ExitCode
    from surtitle.serve.keys import hash_key, new_key, parse_keys

    key = new_key()
    line = f"{name}:{hash_key(key)}"
    parse_keys(line, where="--new-key")
    if json:
        print_json({"name": name, "key": key, "line": line})
    else:
        typer.echo(key)
        say(f"This is the only time it is shown. Add this line to serve.keys_file or SURTITLE_KEYS:\n{line}")
    return ExitCode.DONE


def _check(project: Path | None, port: int | None, *, json: bool) -> int:
    from surtitle.errors import ExitCode
    from surtitle.serve.announcing import is_ready

    ready, seen = is_ready(open_project(project).state, timeout_s=_CHECK_TIMEOUT_S, port=port)
    if json:
        print_json({"ready": ready, "seen": seen})
    else:
        typer.echo(seen)
    return ExitCode.DONE if ready else ExitCode.REFUSED


def _log_to_stderr() -> None:
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.WARNING, stream=sys.stderr)
    logging.getLogger("surtitle").setLevel(logging.INFO)
    # uvicorn warns of every malformed request; the access log and the counters tell of those.
    logging.getLogger("uvicorn").setLevel(logging.CRITICAL)
