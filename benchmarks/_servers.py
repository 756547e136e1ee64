"""Servers of one model, started as processes on one core, and what the system says of them."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

TICK_S = 1 / os.sysconf("SC_CLK_TCK")
READY_WITHIN_S = 120.0

MLSERVER_MODEL = """
from mlserver import MLModel
from mlserver.codecs import NumpyCodec, StringCodec
from mlserver.types import InferenceResponse
from surtitle.artefact import load_artefact
from pathlib import Path


class Model(MLModel):
    async def load(self):
        self._scorer = load_artefact(Path(self.settings.parameters.uri))[1]
        return True

    async def predict(self, payload):
        texts = StringCodec.decode_input(payload.inputs[0])
        scores = self._scorer.probabilities(texts)
        return InferenceResponse(model_name=self.name, outputs=[NumpyCodec.encode_output("scores", scores)])
"""
FASTAPI_APP = """
import os
import sys
from pathlib import Path

from fastapi import FastAPI
from pydantic import BaseModel

from surtitle.artefact import load_artefact

sys.path.insert(0, os.environ["BENCHMARKS"])
from _plain import PlainPipeline

scorer = load_artefact(Path(os.environ["ARTEFACT"]))[1]
plain = os.environ["PIPELINE"] == "plain"
pipeline = PlainPipeline(scorer) if plain else lambda texts: scorer.probabilities(texts)[:, 1]
app = FastAPI()


class Event(BaseModel):
    text: str


class Decision(BaseModel):
    score: float
    action: str


@app.get("/healthz")
async def healthz() -> dict[str, str]:
    return {"status": "ok"}


@app.post("/decide")
async def decide(event: Event) -> Decision:
    score = float(pipeline([event.text])[0])
    return Decision(score=score, action="remove" if score >= 0.5 else "allow")
"""


@dataclass(frozen=True)
class Server:
    """A running server.

    Parameters
    ----------
    pid : int
        Of the process that was started.
    url : str
        Without a path.
    ready_s : float
        From the start of the process to its first "ready".
    """

    pid: int
    url: str
    ready_s: float

    def cpu_s(self) -> float:
        """Return the processor time of all its processes, those that are there."""
        return sum(map(_cpu_s, _tree(self.pid)))

    def resident_mb(self) -> float:
        """Return the memory of all its processes, pages that they share counted once."""
        return sum(map(_proportional_kb, _tree(self.pid))) / 1e3


@contextmanager
def running(
    command: Sequence[str], port: int, ready_path: str, core: int, environ: dict[str, str], folder: Path
) -> Iterator[Server]:
    """Start a server on one core, wait until it is ready, and end it."""
    url = f"http://127.0.0.1:{port}"
    begun = time.perf_counter()
    with (folder / f"server-{port}.log").open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=os.environ | environ,
            stdout=subprocess.DEVNULL,
            stderr=log,
            preexec_fn=lambda: os.sched_setaffinity(0, {core}),
        )
    try:
        while not _is_ready(url + ready_path):
            if process.poll() is not None or time.perf_counter() - begun > READY_WITHIN_S:
                told = (folder / f"server-{port}.log").read_text(encoding="utf-8", errors="replace")
                raise RuntimeError(f"{command[0]} does not get ready: {told[-2000:]}")
            time.sleep(0.005)
        yield Server(process.pid, url, time.perf_counter() - begun)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def make_venv(folder: Path, *packages: str) -> str:
    """Make a virtual environment with packages of its own that also sees ours; return its Python.

    Its own packages come first: MLServer wants versions of some that are not ours.
    """
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = str(folder / "bin/python")
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages]
    subprocess.run(install, check=True, stdout=sys.stderr)
    where = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        capture_output=True,
        text=True,
        check=True,
    )
    ours = [path for path in sys.path[1:] if path.endswith(("site-packages", "src"))]
    (Path(where.stdout.strip()) / "ours.pth").write_text("\n".join(ours) + "\n")
    return python


def _is_ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _tree(pid: int) -> list[int]:
    found = [pid]
    for each in found:
        for task in Path(f"/proc/{each}/task").glob("*/children"):
            found += map(int, task.read_text().split())
    return found


def _cpu_s(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) * TICK_S


def _proportional_kb(pid: int) -> int:
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    return next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
