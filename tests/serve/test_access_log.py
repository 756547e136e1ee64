"""The access log."""

import json
import os
import threading
from datetime import UTC, datetime

from surtitle.serve.access_log import AccessLog, Entry

ENTRY = Entry(datetime(2026, 1, 1, tzinfo=UTC), "r", "GET", '/"\n', 200, 0.5)


def test_every_entry_is_one_line_of_json_however_long() -> None:
    reading, writing = os.pipe()
    lines: list[bytes] = []

    def read() -> None:
        with os.fdopen(reading, "rb") as stream:
            lines.extend(stream)

    reader = threading.Thread(target=read)
    reader.start()
    log = AccessLog(writing)
    for _ in range(500):
        log.add(ENTRY)
    log.close()
    os.close(writing)
    reader.join()
    assert [json.loads(line)["path"] for line in lines] == ['/"\n'] * 500


def test_a_log_that_nobody_reads_any_more_does_no_harm() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    log = AccessLog(writing)
    log.add(ENTRY)
    log.close()
    os.close(writing)


def test_without_a_place_nothing_is_kept() -> None:
    assert not AccessLog(None).on
