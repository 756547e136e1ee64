"""Metrics of a stream, scraped from the process that runs it."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from importlib.resources import files
from pathlib import Path

import pytest

from surtitle.errors import SettingsError, SurroundingsError
from surtitle.stream.metrics import StreamMetrics, exposing, parse_listen
from surtitle.stream.progress import Progress, ScopeProgress
from surtitle.stream.tally import Tally
from tests.boards import Board, samples_of
from tests.cli.conftest import trained, trained_once  # noqa: F401 fixtures

BOARD = Board(Path(str(files("surtitle.stream") / "dashboards")), "surtitle-stream.json", "stream-alerts.yml")
WINDOWS = ("--set", 'stream.windows=["tumbling 1h by client"]', "--set", "stream.out_of_order=0s")


class Running:
    """A followed stream in a process of its own, and what it shows."""

    def __init__(self, project: Path, comments: Path) -> None:
        arguments = ["--in", comments, "--out", comments.with_name("d.jsonl"), "--follow", "--metrics", "0"]
        command = [sys.executable, "-m", "surtitle.cli", "stream", "--project", project, *WINDOWS, *arguments]
        # As where a unit exports it for a service beside the stream.
        environ = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(comments.with_name("not-there"))}
        self.process = subprocess.Popen(list(map(str, command)), stderr=subprocess.PIPE, text=True, env=environ)
        assert self.process.stderr is not None
        said = [self.process.stderr.readline(), self.process.stderr.readline()]
        if not said[1].startswith("metrics: http://127.0.0.1:"):
            self.end(signal.SIGKILL)
            pytest.fail(f"not running: {said}")
        self.url = said[1].split()[1]

    def scrape(self) -> str:
        with urllib.request.urlopen(self.url, timeout=60) as answer:
            text: str = answer.read().decode()
            return text

    def wait_for(self, sample: str, value: float) -> str:
        """Scrape until a sample has a value."""
        until = time.monotonic() + 60
        while True:
            assert self.process.poll() is None, self.process.communicate()[1]
            text = self.scrape()
            if (found := value_of(text, sample)) == value:
                return text
            assert time.monotonic() < until, f"{sample} is {found}, not {value}"
            time.sleep(0.02)

    def end(self, number: int) -> None:
        self.process.send_signal(number)
        self.process.communicate(timeout=60)


def value_of(text: str, sample: str) -> float | None:
    found = re.search(rf"^{re.escape(sample)} (\S+)$", text, re.M)
    return None if found is None else float(found[1])


def _line(number: int, hour: int) -> str:
    text = "you are a dummy" if number % 2 else "what a lovely opening"
    time = f"2026-01-01T{hour:02}:00:00Z"
    return json.dumps({"id": number, "body": text, "created_utc": time, "forum": "chess"}) + "\n"


@pytest.mark.usefixtures("trained_once")
def test_counters_of_a_running_stream_go_on_after_a_kill(trained: Path, tmp_path: Path) -> None:  # noqa: F811 a fixture
    comments = tmp_path / "comments.jsonl"
    comments.write_text("".join(_line(number, number) for number in range(10)) + "broken\n" + _line(11, 1))
    running = Running(trained, comments)
    try:
        text = running.wait_for('surtitle_stream_records_total{scope=""}', 12)
        assert value_of(text, 'surtitle_stream_dead_letters_total{scope=""}') == 1
        assert value_of(text, 'surtitle_stream_dead_letters_kept{scope=""}') == 1
        assert value_of(text, 'surtitle_stream_late_total{scope=""}') == 1
        assert value_of(text, 'surtitle_stream_open_windows{scope=""}') == 1
        assert value_of(text, 'surtitle_stream_decisions_total{action="remove",scope="",version="1"}') == 6
        assert value_of(text, "surtitle_stream_model_version") == 1
        assert value_of(text, "surtitle_stream_lag") == 0
        assert (value_of(text, 'surtitle_stream_watermark_delay_seconds{scope=""}') or 0) > 0
        assert value_of(text, "surtitle_stream_batch_records_sum") == 12
        commits = value_of(text, "surtitle_stream_commit_seconds_count")
        assert commits is not None
        assert commits >= 1
        assert 'delivery="exactly-once"' in text
    finally:
        running.end(signal.SIGKILL)
    with comments.open("a") as file:
        file.write(_line(12, 12))
    running = Running(trained, comments)
    try:
        text = running.wait_for('surtitle_stream_records_total{scope=""}', 13)
        assert value_of(text, 'surtitle_stream_dead_letters_total{scope=""}') == 1
        assert value_of(text, "surtitle_stream_batch_records_sum") == 1  # this process's own
    finally:
        running.end(signal.SIGTERM)
    assert running.process.returncode == 0


# `trained` is a fixture.
def test_a_port_that_is_taken_is_told_of_and_nothing_is_decided(trained: Path, tmp_path: Path) -> None:  # noqa: F811
    from surtitle.cli import main

    comments = tmp_path / "comments.jsonl"
    comments.write_text(_line(0, 0))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        place = f"127.0.0.1:{taken.getsockname()[1]}"
        with (
            pytest.raises(SurroundingsError, match=f"cannot listen on {place}: Address already in use"),
            exposing(place, "s", "exactly-once"),
        ):
            pass
        out = tmp_path / "d.jsonl"
        options = ["--in", comments, "--out", out, "--metrics", place]
        assert main(["stream", "--project", str(trained), *map(str, options)]) == 3
    assert not out.exists()


@pytest.mark.parametrize("address", ["", "localhost", "localhost:", "localhost:http", "127.0.0.1:65536", "1.2.3.4:-1"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(SettingsError, match=r"stream\.metrics: '.*' is not HOST:PORT or PORT"):
        parse_listen(address)


def test_a_host_that_is_not_ours_is_told_of() -> None:
    with (
        pytest.raises(SurroundingsError, match=r"cannot listen on 192\.0\.2\.1:"),
        exposing("192.0.2.1:0", "s", "auto"),
    ):
        pass


def _exposed() -> dict[str, set[str]]:
    from prometheus_client import generate_latest

    metrics = StreamMetrics("s", "exactly-once", lambda: 10)
    tally = Tally(records=1, versions={"1": {"allow": 1}})
    scope = ScopeProgress(scope="t-0", tally=tally, watermark=1)
    metrics.observe(Progress(scopes=(scope,), lag=0, version=1, records=1, commit_s=0.1))
    return samples_of(generate_latest(metrics.registry).decode())


def test_a_letter_tried_again_in_vain_counts_twice_and_a_commit_given_up_not_at_all() -> None:
    metrics = StreamMetrics("s", "exactly-once", lambda: 10)
    scope = ScopeProgress(scope="", tally=Tally(records=1, dead=1, retried=1))
    metrics.observe(Progress(scopes=(scope,), records=1, commit_s=0.1, aborted=True))
    values = metrics.registry.get_sample_value
    assert values("surtitle_stream_dead_letters_total", {"scope": ""}) == 2
    assert values("surtitle_stream_dead_letters_kept", {"scope": ""}) == 1
    assert values("surtitle_stream_aborted_commits_total") == 1
    assert values("surtitle_stream_commit_seconds_count") == 0
    assert values("surtitle_stream_watermark_delay_seconds", {"scope": ""}) is None


@pytest.mark.parametrize("place", BOARD.expressions())
def test_every_metric_named_exists_with_its_labels(place: str) -> None:
    BOARD.check_names(place, _exposed())


def test_every_metric_is_on_the_dashboard() -> None:
    BOARD.check_complete(_exposed())


def test_the_dashboard_and_its_alerts_are_in_order() -> None:
    BOARD.check_layout()
    BOARD.check_rules()


def test_prometheus_itself_can_read_the_rules(tmp_path: Path) -> None:
    BOARD.check_with_prometheus(tmp_path)
