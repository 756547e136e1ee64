"""The generated supervisord files, started for real on loopback."""

import http.client
import json
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.processes import die_with_parent
from tests.serve.services import Answered, wait_until

__all__ = ["RunningBox", "Traffic", "free_ports", "make_certificate", "running_box"]


def free_ports(n: int) -> int:
    """Return a port with `n` free ones above it."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            first = int(probe.getsockname()[1])
        try:
            for port in range(first, first + n + 1):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError):
            continue
        return first


def make_certificate(folder: Path) -> None:
    """Make a certificate of our own for localhost."""
    folder.mkdir(parents=True, exist_ok=True)
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    out = ["-keyout", str(folder / "tls.key"), "-out", str(folder / "tls.crt"), "-days", "2"]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *out, *names], check=True, capture_output=True
    )


class RunningBox:
    """nginx, two services and a stream, under supervisord."""

    def __init__(self, folder: Path, tls_port: int, base_port: int, process: "subprocess.Popen[bytes]") -> None:
        self.folder = folder
        self.tls_port = tls_port
        self.base_port = base_port
        self.process = process
        self.trust = ssl.create_default_context(cafile=str(folder / "tls/tls.crt"))

    def connect(self, timeout: float = 30.0) -> http.client.HTTPSConnection:
        return http.client.HTTPSConnection("localhost", self.tls_port, timeout=timeout, context=self.trust)

    def raw(self) -> ssl.SSLSocket:
        plain = socket.create_connection(("127.0.0.1", self.tls_port), timeout=30)
        return self.trust.wrap_socket(plain, server_hostname="localhost")

    def call(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Answered:
        connection = self.connect()
        try:
            raw = body if body is None or isinstance(body, bytes) else json.dumps(body)
            connection.request(method, path, raw, headers or {})
            answer = connection.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return Answered(answer.status, found, answer.read())
        finally:
            connection.close()

    def metric(self, instance: int, name: str) -> float:
        """Ask a service itself for one of its numbers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.base_port + instance, timeout=30)
        try:
            connection.request("GET", "/metrics")
            text = connection.getresponse().read().decode()
        finally:
            connection.close()
        return sum(float(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith(name))

    def control(self, *arguments: str) -> str:
        """Ask supervisorctl."""
        command = ["supervisorctl", "-c", str(self.folder / "supervisord.conf"), *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False).stdout

    def logs(self) -> str:
        run = self.folder.parents[1] / ".surtitle/run"
        return "\n".join(
            f"== {path.name}\n{path.read_text()[-3000:]}" for path in sorted(run.glob("*.*")) if path.is_file()
        )


@contextmanager
def running_box(project: Path, *settings: str) -> Iterator[RunningBox]:
    """Write the files with the command itself, and start them; all ends with the block."""
    # A socket's path is short.
    home = Path(tempfile.mkdtemp(prefix="box-"))
    root = home / "p"
    shutil.copytree(project, root)
    base, tls_port = free_ports(2), free_ports(0)
    (home / "bench.json").write_text(
        json.dumps(
            {
                "answered": 1000,
                "texts_per_request": 1,
                "failed": {},
                "service": {"workers": 1, "cpu_ms": 1.0, "worker_mb": 100.0, "model_mb": 5.0},
            }
        )
    )
    chosen = [f"serve.port={base}", *settings]
    with (root / "surtitle.toml").open("a") as file:
        file.write("\n[serve]\npoll_s = 0.2\nslow_s = 20\n")
    command = [sys.executable, "-m", "surtitle.cli", "ship", "supervisor", "--project", str(root), "--load", "100"]
    command += ["--bench", str(home / "bench.json"), "--tls-port", str(tls_port), "--json"]
    for each in chosen:
        command += ["--set", each]
    subprocess.run(command, check=True, capture_output=True)
    folder = root / "deploy/supervisor"
    make_certificate(folder / "tls")
    with (home / "out").open("wb") as out:
        process = subprocess.Popen([folder / "start"], stdout=out, stderr=out, preexec_fn=die_with_parent)
    box = RunningBox(folder, tls_port, base, process)
    try:
        wait_until(lambda: process.poll() is not None or _answers(box), "the box answers", within_s=180)
        assert process.poll() is None, (home / "out").read_text() + box.logs()
        yield box
    finally:
        process.terminate()
        process.wait(timeout=120)
        shutil.rmtree(home, ignore_errors=True)


def _answers(box: RunningBox) -> bool:
    try:
        return box.call("GET", "/readyz").status == 200 and all(box.metric(each, "surtitle_workers") for each in (1, 2))
    except OSError:
        return False


class Traffic:
    """Clients that ask without a pause, each over a connection that it keeps, until they are told to stop."""

    def __init__(self, box: RunningBox, n_clients: int = 4, path: str = "/decide") -> None:
        self._box = box
        self._path = path
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(n_clients)]
        self.answers: Counter[int] = Counter()
        self.broken: list[str] = []

    def __enter__(self) -> "Traffic":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    @property
    def total(self) -> int:
        return sum(self.answers.values())

    def _ask(self) -> None:
        connection = self._box.connect()
        while not self._stop.is_set():
            try:
                connection.request("POST", self._path, b'{"text": "you dummy"}')
                answer = connection.getresponse()
                body = answer.read()
                self.answers[answer.status] += 1
                if answer.status != 200:
                    self.broken.append(f"{answer.status} {body!r}")
            except OSError as error:
                self.broken.append(repr(error))
                connection.close()
                connection = self._box.connect()
            time.sleep(0.03)  # within the rate that nginx allows one address
        connection.close()
