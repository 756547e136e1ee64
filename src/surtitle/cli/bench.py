"""`surtitle bench`: load a running service and say how it takes it."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from surtitle.cli._options import JsonOption, examples
from surtitle.cli._progress import reporting
from surtitle.cli._terminal import print_json, show, table, visible
from surtitle.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from surtitle.serve.bench import LoadReport

__all__ = ["EPILOG", "command"]

EPILOG = examples(
    "surtitle bench http://127.0.0.1:8080",
    "surtitle bench http://127.0.0.1:8080 --rate 1000 --seconds 30 --picture load.svg",
    "surtitle bench http://127.0.0.1:8080 --texts comments.txt --texts-per-request 64 --requests 10000",
)
_SECONDS = 10.0
_MADE_UP = 2_000
_MOST_TEXTS = 100_000
_KEY = "SURTITLE_KEY"


def command(
    url: Annotated[str, typer.Argument(help="Where it listens; without a path, /decide is asked.")],
    connections: Annotated[int, typer.Option(metavar="NUMBER", help="Open at the same time.")] = 8,
    seconds: Annotated[float | None, typer.Option(metavar="SECONDS", help="How long [10].")] = None,
    requests: Annotated[int | None, typer.Option(metavar="NUMBER", help="How many, instead of how long.")] = None,
    rate: Annotated[
        float | None, typer.Option(metavar="NUMBER", help="Requests due a second, whether it keeps up or not.")
    ] = None,
    texts: Annotated[Path | None, typer.Option(metavar="FILE", help="A text on each line; else made-up ones.")] = None,
    texts_per_request: Annotated[int, typer.Option(metavar="NUMBER", help="More than 1: a list of them.")] = 1,
    client: Annotated[str | None, typer.Option(metavar="NAME", help="The client to name with each text.")] = None,
    timeout: Annotated[float, typer.Option(metavar="SECONDS", help="An answer that takes longer has failed.")] = 10.0,
    picture: Annotated[Path | None, typer.Option(metavar="FILE", help="Also draw it, as SVG.")] = None,
    i_own_this_server: Annotated[
        bool, typer.Option("--i-own-this-server", help="Needed for another machine than this one.")
    ] = False,
    json: JsonOption = False,
) -> int:
    """Load a running service and measure its answers.

    Without --rate each connection asks again when it has its answer. With it requests are due at that rate, and a
    latency begins when the request was due: a service that stalls is charged with all that had to wait.
    An API key is taken from the environment: SURTITLE_KEY.
    """
    from surtitle.serve.bench import LoadPlan, is_loopback, make_requests, parse_target, run_measured_load

    plan = LoadPlan(
        connections=connections,
        seconds=_SECONDS if seconds is None and requests is None else seconds,
        requests=requests,
        per_s=rate,
        texts_per_request=texts_per_request,
        timeout_s=timeout,
    )
    plan.check()
    target = parse_target(url)
    if not i_own_this_server and not is_loopback(target):
        raise UsageError(f"{target.host} is another machine; if you may load it, add --i-own-this-server")
    key = os.environ.get(_KEY, "")
    bodies = make_requests(
        target,
        _made_up() if texts is None else _read(texts),
        texts_per_request=texts_per_request,
        client=client,
        key=key,
    )
    with reporting() as reporter:
        report = run_measured_load(target, bodies, plan, key=key, reporter=reporter)
    _tell(report, picture, json=json)
    return ExitCode.DONE if report.answered else ExitCode.REFUSED


def _made_up() -> list[str]:
    from surtitle.simulate.community import generate

    start = datetime(2025, 1, 1, tzinfo=UTC)
    return [comment.text for comment in generate(_MADE_UP, seed=0, start=start, days=300)]


def _read(path: Path) -> Sequence[str]:
    try:
        with path.open(encoding="utf-8") as lines:
            found = [line.rstrip("\r\n") for line, _ in zip(lines, range(_MOST_TEXTS), strict=False)]
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8: {error}") from error
    except FileNotFoundError as error:
        raise UsageError(f"{path} is not there") from error
    return [text for text in found if text.strip()]


def _tell(report: "LoadReport", picture: Path | None, *, json: bool) -> None:
    from surtitle.serve.bench import draw_svg, draw_text

    if picture is not None and report.answered:
        picture.write_text(draw_svg(report), encoding="utf-8")
    if json:
        print_json(report)
        return
    show(table(["", ""], _rows(report), right=(1,)), "", *draw_text(report))
    if picture is not None and report.answered:
        typer.echo(visible(f"Drew {picture}"))


def _rows(report: "LoadReport") -> list[list[str]]:
    rows = [["answers a second", f"{report.per_s:,.0f}"]]
    if report.texts_per_request > 1:
        rows.append(["texts a second", f"{report.texts_per_s:,.0f}"])
    for name, value in (
        ("p50", report.p50_ms),
        ("p95", report.p95_ms),
        ("p99", report.p99_ms),
        ("max", report.max_ms),
    ):
        rows.append([f"{name}, ms", "" if value is None else f"{value:.3f}"])
    rows.append(["answered", f"{report.answered:,}"])
    if report.service is not None:
        rows.append(["CPU of the service a request, ms", f"{report.service.cpu_ms:.3f}"])
        rows.append(["memory of a worker, MB", f"{report.service.worker_mb:.0f}"])
    rows += [[f"failed: {kind}", f"{count:,}"] for kind, count in sorted(report.failed.items())]
    if report.unsent:
        rows.append(["due, not sent", f"{report.unsent:,}"])
    return rows
