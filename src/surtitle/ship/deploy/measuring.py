"""What a worker takes, measured: from a result of `surtitle bench --json`, or now, on a service of the champion."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from surtitle.errors import SurroundingsError, UsageError
from surtitle.progress import SILENT, Reporter
from surtitle.project import Project
from surtitle.registry import Registry
from surtitle.ship.deploy.sizing import Measurement

__all__ = ["measure_now", "parse_bench", "read_bench"]

_LIMIT = 4_000_000
_SECONDS = 5
_TIMEOUT_S = 120.0
# Nothing of the measurement is to be kept, and nobody to be let in but us.
_SETTINGS = (
    "serve.port=0",
    'serve.host="127.0.0.1"',
    "serve.workers=1",
    "serve.keep=0",
    "serve.shadow=0.0",
    "serve.rate=0.0",
    'serve.keys_file=""',
    "serve.drain_s=0.0",
    "serve.access_log=false",
)


class _Use(msgspec.Struct):
    workers: int
    cpu_ms: float
    worker_mb: float
    model_mb: float


class _Bench(msgspec.Struct):
    answered: int
    texts_per_request: int
    failed: dict[str, int]
    service: _Use | None = None


class _Serving(msgspec.Struct):
    url: str
    version: int


def parse_bench(content: bytes, *, source: str) -> Measurement:
    """Read a result of `surtitle bench --json`.

    Parameters
    ----------
    content : bytes
        JSON.
    source : str
        Where it comes from, for errors and for the sum.

    Raises
    ------
    UsageError
        If it is no such result, if requests failed, or if it does not tell what the service took.
    """
    try:
        bench = msgspec.json.decode(content, type=_Bench)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{source} is not a result of surtitle bench --json: {error}") from error
    if sum(bench.failed.values()) > bench.answered / 100 or not bench.answered:
        failed = ", ".join(f"{count:,} x {kind}" for kind, count in sorted(bench.failed.items())) or "no answer at all"
        raise UsageError(
            f"{source}: too many requests failed to plan from it ({failed}); measure again with a lower --rate"
        )
    used = bench.service
    if used is None or not used.cpu_ms > 0 or not used.worker_mb > 0 or bench.texts_per_request < 1:
        raise UsageError(
            f"{source} does not tell what the service took; let surtitle bench read its /metrics (SURTITLE_KEY where "
            "it has keys), or leave --bench out to measure now"
        )
    return Measurement(
        cpu_ms=used.cpu_ms,
        texts_per_request=bench.texts_per_request,
        worker_mb=used.worker_mb,
        model_mb=used.model_mb,
        source=f"measured: {used.cpu_ms:.3g} ms of CPU a request of {bench.texts_per_request:,} "
        f"text{'s' if bench.texts_per_request > 1 else ''}, {used.worker_mb:.0f} MB a worker ({source})",
    )


def read_bench(path: Path) -> Measurement:
    """Read a file that `surtitle bench --json` has written.

    Raises
    ------
    UsageError
        If it is not there, or nothing to plan from.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_LIMIT + 1)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}; make it with: surtitle bench URL --json") from error
    if len(content) > _LIMIT:
        raise UsageError(f"{path} is longer than {_LIMIT:,} bytes, so it is no result of surtitle bench")
    return parse_bench(content, source=str(path))


def measure_now(project: Project, *, texts_per_request: int, reporter: Reporter = SILENT) -> Measurement:
    """Start a service of the champion with one worker, load it for a few seconds, and say what it took.

    Parameters
    ----------
    project : Project
        Whose champion.
    texts_per_request : int
        Of the requests.
    reporter : Reporter
        Told of the progress.

    Raises
    ------
    RegistryError
        If there is no champion.
    SurroundingsError
        If the service or the load test fails.
    """
    Registry(project.registry).find("champion")
    reporter.start("measure a worker", 2)
    with _serving(project) as serving:
        reporter.advance(1)
        bench = [*_command("bench", serving.url), "--seconds", str(_SECONDS), "--connections", "4"]
        content = _output([*bench, "--texts-per-request", str(texts_per_request), "--json"])
    reporter.done(f"measured version {serving.version}")
    return parse_bench(content, source=f"version {serving.version} on this machine, now")


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "surtitle.cli", *arguments]


def _environ() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in ("SURTITLE_KEYS", "SURTITLE_KEY")}


@contextmanager
def _serving(project: Project) -> Iterator[_Serving]:
    settings = [part for each in _SETTINGS for part in ("--set", each)]
    command = [*_command("serve", "--project", str(project.root), "--json"), *settings]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=_environ()) as process:  # noqa: S603 our own
        try:
            assert process.stdout is not None  # noqa: S101 as asked for
            line = process.stdout.readline()
            if not line:
                _, told = process.communicate(timeout=_TIMEOUT_S)
                raise SurroundingsError(f"the service that was to be measured did not start: {_last(told)}")
            yield msgspec.json.decode(line, type=_Serving)
        finally:
            process.terminate()
            try:
                process.communicate(timeout=_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                process.kill()


def _output(command: list[str]) -> bytes:
    done = subprocess.run(command, capture_output=True, env=_environ(), timeout=_TIMEOUT_S, check=False)  # noqa: S603 our own
    if done.returncode != 0:
        raise SurroundingsError(f"the load test failed: {_last(done.stderr)}")
    return done.stdout


def _last(told: bytes) -> str:
    return told.decode("utf-8", "replace").strip()[-500:] or "it says nothing"
