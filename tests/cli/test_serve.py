"""`surtitle serve` where it ends before it listens."""

import json
import os
import socket
from pathlib import Path

import pytest

from surtitle.serve import starting
from surtitle.serve.keys import hash_key
from tests.cli.conftest import Run


def test_a_new_key_is_printed_once_with_the_line_to_keep(run: Run) -> None:
    ran = run("serve", "--new-key", "nightly")
    assert ran.code == 0
    key = ran.out.strip()
    assert f"nightly:{hash_key(key)}" in ran.err
    assert key not in ran.err
    made = json.loads(run("serve", "--new-key", "nightly", "--json").out)
    assert made["line"] == f"nightly:{hash_key(made['key'])}"


def test_a_key_needs_a_plain_name(run: Run) -> None:
    assert run("serve", "--new-key", "a b").code == 2


def test_without_a_model_it_says_what_to_do(run: Run, project: Path) -> None:
    ran = run("serve", "--project", project, "--port", "0")
    assert ran.code == 2
    assert "surtitle train" in ran.err


def test_a_port_that_is_taken_is_named(run: Run, trained_once: Path) -> None:
    before = dict(os.environ)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = run("serve", "--project", trained_once, "--port", str(port))
    assert ran.code == 3
    assert f"127.0.0.1:{port}" in ran.err
    assert "--port" in ran.err
    assert dict(os.environ) == before


def test_a_key_file_that_is_not_there_is_named(run: Run, trained_once: Path) -> None:
    ran = run("serve", "--project", trained_once, "--set", "serve.keys_file=keys.txt")
    assert ran.code == 2
    assert "keys.txt" in ran.err


def test_a_missing_package_is_named_with_the_extra_that_brings_it(
    run: Run, trained_once: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(starting, "find_spec", lambda name: None if name == "uvloop" else object())
    ran = run("serve", "--project", trained_once)
    assert ran.code == 2
    assert "uvloop is not installed; run: pip install 'surtitle[serve]'" in ran.err
