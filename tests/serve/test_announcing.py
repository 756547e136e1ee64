"""A service tells where it listens, and a check finds it there."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from surtitle.serve.announcing import FOLDER_NAME, announce, is_ready, withdraw
from surtitle.serve.supervisor import Serving
from tests.cli.conftest import Run, run
from tests.serve.services import serving

__all__ = ["run"]


def test_the_check_finds_the_service_wherever_it_listens_and_misses_it_afterwards(garden: Path, run: Run) -> None:
    with serving(garden) as service:
        ran = run("serve", "--check", "--project", garden)
        assert (ran.code, ran.out) == (0, f"127.0.0.1:{service.port} answers 200\n")
        (worker,) = service.workers()
        os.kill(worker, signal.SIGSTOP)
        ready, seen = is_ready(garden / ".surtitle", timeout_s=0.2)
        os.kill(worker, signal.SIGCONT)
        assert (ready, "does not answer" in seen) == (False, True)
        assert service.stop()[0] == 0
    assert not _told(garden / ".surtitle")
    ran = run("serve", "--check", "--project", garden, "--json")
    assert (ran.code, json.loads(ran.out)["ready"]) == (1, False)


def test_a_killed_service_is_not_ready(garden: Path) -> None:
    with serving(garden) as service:
        service.process.kill()
        service.process.wait()
    # Its workers notice, and end.
    end = time.monotonic() + 60.0
    while "does not answer" not in is_ready(garden / ".surtitle", timeout_s=1.0)[1]:
        assert time.monotonic() < end
    assert _told(garden / ".surtitle")


def _told(folder: Path) -> list[Any]:
    return [json.loads(path.read_bytes()) for path in sorted((folder / FOLDER_NAME).iterdir())]


def _serving(port: int, pid: int, host: str = "127.0.0.1") -> Serving:
    return Serving(f"http://{host}:{port}", "garden", 1, 1, pid)


def _dead() -> int:
    """Return the number of a process that is no more."""
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    return gone.pid


def test_two_services_of_a_project_are_both_asked_and_each_by_its_port(garden: Path, run: Run) -> None:
    with serving(garden) as one, serving(garden) as other:
        ran = run("serve", "--check", "--project", garden)
        answers = sorted(f"127.0.0.1:{service.port} answers 200" for service in (one, other))
        assert (ran.code, sorted(ran.out.strip().split("; "))) == (0, answers)
        assert other.stop()[0] == 0
        ran = run("serve", "--check", "--project", garden)
        assert (ran.code, ran.out) == (0, f"127.0.0.1:{one.port} answers 200\n")
        assert run("serve", "--check", "--port", one.port, "--project", garden).code == 0
        ran = run("serve", "--check", "--port", other.port, "--project", garden)
        assert (ran.code, ran.out) == (
            1,
            f"no service has been announced in {garden / '.surtitle'} for port {other.port}\n",
        )


def test_what_another_service_has_told_stays(tmp_path: Path) -> None:
    announce(tmp_path, _serving(1, os.getpid()))
    announce(tmp_path, _serving(2, os.getppid(), "[::1]"))
    withdraw(tmp_path)
    assert _told(tmp_path) == [{"machine": socket.gethostname(), "host": "::1", "port": 2, "pid": os.getppid()}]


def test_a_service_in_another_container_is_neither_asked_nor_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    announce(tmp_path, _serving(1, os.getpid()))
    monkeypatch.setattr(socket, "gethostname", lambda: "../other container")
    assert is_ready(tmp_path, timeout_s=1.0) == (False, f"no service has been announced in {tmp_path}")
    announce(tmp_path, _serving(1, os.getpid()))
    withdraw(tmp_path)
    monkeypatch.undo()
    assert [place["port"] for place in _told(tmp_path)] == [1]
    assert "127.0.0.1:1 does not answer" in is_ready(tmp_path, timeout_s=1.0)[1]


def test_a_service_that_was_killed_is_forgotten_when_another_begins(tmp_path: Path) -> None:
    announce(tmp_path, _serving(1, _dead()))
    announce(tmp_path, _serving(2, os.getpid()))
    announce(tmp_path, _serving(3, os.getpid()))  # the same number: a container that was started again
    assert [place["port"] for place in _told(tmp_path)] == [3]


def test_a_service_that_was_killed_is_not_asked_where_another_lives(tmp_path: Path) -> None:
    announce(tmp_path, _serving(2, os.getpid()))
    announce(tmp_path, _serving(1, _dead()))
    assert is_ready(tmp_path, timeout_s=1.0)[1].startswith("127.0.0.1:2 ")
    assert is_ready(tmp_path, timeout_s=1.0, port=1)[1].startswith("127.0.0.1:1 ")


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b'{"machine": "", "host": 1, "port": 2, "pid": 3}'])
def test_a_broken_file_is_no_service(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FOLDER_NAME).mkdir()
    (tmp_path / FOLDER_NAME / "a.json").write_bytes(content)
    assert not is_ready(tmp_path, timeout_s=1.0)[0]
