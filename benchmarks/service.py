"""The HTTP service beside MLServer and FastAPI with the same model, on the same machine.

A model of r/science with 50,000 terms (made-up comments where the real ones are not there). Each server is a process on
one core; the load comes from another core, from wrk (a Debian package) or else from our own tool: 8 connections that
ask again when they have their answer, one text a request, ours and a peer in turn. CPU is the server processes' own
accounting, from /proc. Rates are compared per second of the core's time: of a core that others want too, a server of
two processes gets a larger share.

- MLServer 1.7.1 (known: it needs ``uvloop<0.22``) with our scorer in a runtime of its own: as it is by default, with a
  worker process, and at its best, without.
- FastAPI with the plain spaCy + scikit-learn pipeline in a handler, and once more with our scorer in its place.

They are installed into virtual environments of their own in a temporary folder; --quick leaves them out. The access log
of ours is on, as it is by default, and goes nowhere.
"""

import csv
import gzip
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from statistics import median

from _claims import DATA, Claim, arguments, machine, tell, versions
from _load import Loaded, ask_once, load
from _servers import FASTAPI_APP, MLSERVER_MODEL, Server, free_port, make_venv, running
from surtitle.artefact import load_artefact
from surtitle.models import Scorer
from surtitle.simulate.community import generate
from surtitle.simulate.files import write_csv

HERE = Path(__file__).parent
SURTITLE = str(Path(sys.executable).with_name("surtitle"))
SIZE = ["--set", "features.max_word_terms=20000", "--set", "features.max_char_terms=30000"]
PACKAGES = ("surtitle", "spacy", "uvicorn", "uvloop", "starlette")
MLSERVER = ("mlserver==1.7.1", "uvloop<0.22")
FASTAPI = ("fastapi", "uvicorn[standard]")
BATCH = 64
MANY_REQUESTS, MOST_ROUNDS, ROUNDS = 1_000_000, 150, 3
BEYOND_US, MLSERVER_TIMES, FASTAPI_TIMES, SHARE, READY_S, MEMORY_MB, GROWTH_MB = 100.0, 5.0, 3.0, 0.7, 1.5, 200.0, 5.0


def main() -> None:
    """Run the servers in turn and print the claims."""
    options = arguments(__doc__ or "")
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        sys.exit("skipped: server and load need a core each")
    os.sched_setaffinity(0, {cores[0]})
    with tempfile.TemporaryDirectory(prefix="surtitle-bench-") as name:
        bench = _Bench(Path(name), cores[0], cores[1], quick=options.quick)
        for claim in bench.claims():
            tell(claim, as_json=options.json)


class _Bench:
    """The model, the texts, and the servers of both."""

    def __init__(self, folder: Path, load_core: int, server_core: int, *, quick: bool) -> None:
        self.folder = folder
        self.load_core, self.server_core = load_core, server_core
        self.quick = quick
        self.seconds = 3.0 if quick else 10.0
        self.project, self.artefact, self.what = train(folder, quick=quick)
        self.texts = read_texts(folder)
        self.note = f"{self.what}; server on one core, load on another, of {machine()}"

    def claims(self) -> Iterator[Claim]:
        """Yield every claim."""
        scorer = load_artefact(self.artefact)[1]
        alone_us, batch_us = scoring_us(scorer, self.texts)
        one = [{"text": text} for text in self.texts]
        batches = [one[start : start + BATCH] for start in range(0, len(one) - BATCH + 1, BATCH)]
        with self.ours() as server:
            cold_mb = server.resident_mb()
            self.ask(server, one, 1.0)
            single, single_us = self.ask(server, one, self.seconds)
            _, many_us = self.ask(server, batches, self.seconds)
            yield self.claim("start to ready", server.ready_s, "s", READY_S, below=True)
            yield self.beyond(single, single_us, alone_us)
            yield self.share(batch_us, many_us)
            yield self.claim("resident memory after the load", server.resident_mb(), "MB", MEMORY_MB, below=True)
            yield self.growth(server, one, cold_mb)
        yield from self.peers()

    def ask(
        self, server: Server, bodies: Sequence[object], seconds: float, path: str = "/decide"
    ) -> tuple[Loaded, float]:
        """Load a server; return what came of it and the server's CPU per request in us."""
        before = server.cpu_s()
        loaded = load(server.url + path, bodies, seconds, self.load_core)
        if loaded.failed:
            raise RuntimeError(f"{loaded.failed:,} requests to {server.url}{path} failed")
        return loaded, (server.cpu_s() - before) / loaded.requests * 1e6

    def ours(self) -> AbstractContextManager[Server]:
        """Start `surtitle serve`."""
        port = free_port()
        command = [SURTITLE, "serve", "--project", str(self.project), "--port", str(port)]
        return running(command, port, "/readyz", self.server_core, {}, self.folder)

    def claim(
        self, what: str, value: float, unit: str, floor: float, *, below: bool, peer: dict[str, object] | None = None
    ) -> Claim:
        """Return a claim about our service."""
        return Claim(
            claim=f"surtitle serve: {what}",
            value=round(value, 3),
            unit=unit,
            floor=floor,
            holds=value <= floor if below else value >= floor,
            peer=peer or {},
            versions=versions(*PACKAGES),
            note=self.note,
        )

    def beyond(self, single: Loaded, cpu_us: float, alone_us: float) -> Claim:
        """Set the CPU of a request against that of scoring its text."""
        peer: dict[str, object] = {
            "CPU of a request, us": round(cpu_us, 1),
            "scoring its text, us": round(alone_us, 1),
            "requests/s": round(single.per_s),
            "p50 ms": round(single.p50_ms, 3),
            "p99 ms": round(single.p99_ms, 3),
            "load from": single.tool,
        }
        return self.claim("CPU of a request beyond scoring", cpu_us - alone_us, "us", BEYOND_US, below=True, peer=peer)

    def share(self, batch_us: float, cpu_us: float) -> Claim:
        """Say which share of a request of 64 texts is scoring."""
        peer: dict[str, object] = {"CPU of a request, us": round(cpu_us), "scoring 64 texts, us": round(batch_us)}
        return self.claim(
            "share of scoring in a request of 64 texts", batch_us / cpu_us, "", SHARE, below=False, peer=peer
        )

    def growth(self, server: Server, one: list[dict[str, str]], cold_mb: float) -> Claim:
        """Ask on and on, and see whether the memory grows."""
        asked, rounds = 0, 1 if self.quick else MOST_ROUNDS
        before = server.resident_mb()
        for _ in range(rounds):
            asked += self.ask(server, one, self.seconds)[0].requests
            if asked >= MANY_REQUESTS:
                break
        after = server.resident_mb()
        peer: dict[str, object] = {
            "when ready, MB": round(cold_mb, 1),
            "before, MB": round(before, 1),
            "after, MB": round(after, 1),
        }
        what = f"growth over {asked:,} more requests"
        return self.claim(what, after - before, "MB", GROWTH_MB, below=True, peer=peer)

    def peers(self) -> Iterator[Claim]:
        """Serve the same model with other servers."""
        if self.quick:
            print("skipped MLServer and FastAPI: --quick installs nothing", file=sys.stderr)
            return
        one = [{"text": text} for text in self.texts]
        python = make_venv(self.folder / "mlserver", *MLSERVER)
        inputs = [{"name": "text", "shape": [1], "datatype": "BYTES", "data": [text]} for text in self.texts]
        bodies = [{"inputs": [each]} for each in inputs]
        for name, workers in (("MLServer 1.7.1", None), ("MLServer 1.7.1 without its worker process", 0)):
            with self.mlserver(python, workers) as server:
                yield self.beside(name, server, bodies, "/v2/models/peer/infer", MLSERVER_TIMES)
        python = make_venv(self.folder / "fastapi", *FASTAPI)
        for pipeline, floor in (("plain", FASTAPI_TIMES), ("ours", None)):
            name = "FastAPI with the plain pipeline" if pipeline == "plain" else "FastAPI with our scorer"
            with self.fastapi(python, pipeline) as server:
                yield self.beside(name, server, one, "/decide", floor)

    def beside(self, name: str, server: Server, bodies: Sequence[object], path: str, floor: float | None) -> Claim:
        """Load a peer and ours in turn, so that a slow moment of the machine is shared, and compare the medians."""
        one = [{"text": text} for text in self.texts]
        ask_once(server.url + path, bodies[0])
        self.ask(server, bodies, 1.0, path)
        theirs, ours = [], []
        with self.ours() as own:
            self.ask(own, one, 1.0)
            for _ in range(ROUNDS):
                theirs.append(self.ask(server, bodies, self.seconds / 2, path))
                ours.append(self.ask(own, one, self.seconds / 2))
        their_us, our_us = (median(cpu for _, cpu in each) for each in (theirs, ours))
        their_rate, our_rate = 1e6 / their_us, 1e6 / our_us
        times = our_rate / their_rate
        return Claim(
            claim=f"surtitle serve: requests in a second of a core, beside {name}",
            value=round(our_rate),
            unit="requests/s",
            floor=None if floor is None else round(floor * their_rate),
            holds=None if floor is None else times >= floor,
            peer={
                "name": name,
                "requests in a second of a core": round(their_rate),
                "CPU of a request, us": round(their_us, 1),
                "ours, us": round(our_us, 1),
                "requests/s on the wall": round(median(loaded.per_s for loaded, _ in theirs)),
                "ours on the wall": round(median(loaded.per_s for loaded, _ in ours)),
                "p50 ms": round(median(loaded.p50_ms for loaded, _ in theirs), 3),
                "ours, p50 ms": round(median(loaded.p50_ms for loaded, _ in ours), 3),
                "start to ready, s": round(server.ready_s, 2),
                "MB": round(server.resident_mb(), 1),
            },
            ratio=round(times, 2),
            versions=versions(*PACKAGES),
            note=self.note,
        )

    def mlserver(self, python: str, workers: int | None) -> AbstractContextManager[Server]:
        """Start MLServer with our scorer in a runtime of its own; without a number of workers, as it is by default."""
        folder = self.folder / f"mlserver-model-{workers}"
        folder.mkdir()
        port, others = free_port(), [free_port(), free_port()]
        ports = {"http_port": port, "grpc_port": others[0], "metrics_port": others[1]}
        settings: dict[str, object] = {**ports, "host": "127.0.0.1", "debug": False}
        if workers is not None:
            settings["parallel_workers"] = workers
        model = {"name": "peer", "implementation": "peer_model.Model", "parameters": {"uri": str(self.artefact)}}
        (folder / "settings.json").write_text(json.dumps(settings))
        (folder / "model-settings.json").write_text(json.dumps(model))
        (folder / "peer_model.py").write_text(MLSERVER_MODEL)
        command = [str(Path(python).with_name("mlserver")), "start", "."]
        return running(command, port, "/v2/health/ready", self.server_core, {}, folder)

    def fastapi(self, python: str, pipeline: str) -> AbstractContextManager[Server]:
        """Start FastAPI on uvicorn."""
        (self.folder / "peer_app.py").write_text(FASTAPI_APP)
        port = free_port()
        command = [python, "-m", "uvicorn", "peer_app:app", "--port", str(port), "--no-access-log"]
        environ = {"ARTEFACT": str(self.artefact), "PIPELINE": pipeline, "BENCHMARKS": str(HERE)}
        return running(command, port, "/healthz", self.server_core, environ, self.folder)


def train(folder: Path, *, quick: bool) -> tuple[Path, Path, str]:
    """Make and train a project; return it, its artefact and what it was trained on."""
    project, data, what = folder / "project", DATA / "reddit_rscience" / "comments.csv.gz", "r/science"
    if not data.is_file():
        start = datetime(2025, 1, 1, tzinfo=UTC)
        data, what = folder / "comments.csv", "made-up comments"
        write_csv(generate(3_000 if quick else 20_000, seed=0, start=start, days=300), data)
    run([SURTITLE, "new", str(project), "--data", str(data), "--text", "text", "--label", "removed"])
    fixed = ["--set", "train.c=2.0", "--set", "train.balance=balanced", "--set", "evaluate.resamples=100"]
    trained = run([SURTITLE, "train", "--project", str(project), *SIZE, *fixed, "--json"])
    artefact = Path(json.loads(trained)["artefact"])
    terms = json.loads((artefact / "vocabulary.json").read_text(encoding="utf-8"))
    return project, artefact, f"{what}, {len(terms['words']) + len(terms['chars']):,} terms"


def run(command: list[str]) -> str:
    """Run a command and return what it prints."""
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout


def read_texts(folder: Path) -> list[str]:
    """Return 2,000 of the texts, each on one line."""
    csv.field_size_limit(10**7)
    real, made_up = DATA / "reddit_rscience" / "comments.csv.gz", folder / "comments.csv"
    with gzip.open(real, "rt", encoding="utf-8") if real.is_file() else made_up.open(encoding="utf-8") as file:
        return [" ".join(row["text"].split()) for row in islice(csv.DictReader(file), 2_000)]


def scoring_us(scorer: Scorer, texts: list[str]) -> tuple[float, float]:
    """Return what scoring takes, of one text and of 64 at once, in a process that does nothing else."""
    batches = [texts[start : start + BATCH] for start in range(0, len(texts) - BATCH + 1, BATCH)]
    for batch in batches:
        scorer.score(batch)
    begun = time.process_time()
    for text in texts:
        scorer.score([text])
    middle = time.process_time()
    for batch in batches:
        scorer.score(batch)
    return (middle - begun) / len(texts) * 1e6, (time.process_time() - middle) / len(batches) * 1e6


if __name__ == "__main__":
    main()
