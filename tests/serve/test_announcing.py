"""A service tells where it listens, and a check finds it there."""

import json
import os
import signal
import time
from pathlib import Path

import pytest

from surtitle.serve.announcing import FILE_NAME, announce, is_ready, withdraw
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
    assert not (garden / ".surtitle" / FILE_NAME).exists()
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
    assert (garden / ".surtitle" / FILE_NAME).exists()


def test_what_another_service_has_told_since_stays(tmp_path: Path) -> None:
    announce(tmp_path, Serving("http://127.0.0.1:1", "garden", 1, 1, os.getpid()))
    announce(tmp_path, Serving("http://[::1]:2", "garden", 1, 1, os.getpid() + 1))
    withdraw(tmp_path)
    assert json.loads((tmp_path / FILE_NAME).read_bytes()) == {"host": "::1", "port": 2, "pid": os.getpid() + 1}


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b'{"host": 1, "port": 2, "pid": 3}'])
def test_a_broken_file_is_no_service(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE_NAME).write_bytes(content)
    assert not is_ready(tmp_path, timeout_s=1.0)[0]
