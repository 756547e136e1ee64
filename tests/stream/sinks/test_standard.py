import contextlib
import os

from surtitle.stream.ports import Lines
from surtitle.stream.sinks.standard import StandardOutput
from surtitle.stream.testing import check_sink


def test_it_keeps_the_contract_and_promises_no_more_than_a_pipe_can() -> None:
    ours, theirs = os.pipe()
    seen = b""

    def read() -> list[bytes]:
        nonlocal seen
        os.set_blocking(ours, False)
        with contextlib.suppress(BlockingIOError):
            seen += os.read(ours, 10_000)
        return seen.splitlines()

    check_sink(lambda: StandardOutput(theirs), read)
    assert "exactly-once" not in StandardOutput.guarantees


def test_all_channels_go_into_one_pipe() -> None:
    ours, theirs = os.pipe()
    StandardOutput(theirs).write([Lines("decisions", [b"1"]), Lines("windows", [b"2", b"3"])])
    assert os.read(ours, 100) == b"1\n2\n3\n"
