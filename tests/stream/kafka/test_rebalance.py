"""Processes join and leave while events come in: partitions move with their state, nothing is lost or comes twice."""

import signal
import time
from pathlib import Path

import pytest

from tests.kafka.broker import Broker
from tests.kafka.crew import Crew, closers, comments
from tests.stream.kafka.verdicts import require_exactly_once

# A dead process is missed after a second, and its open transaction ended after two.
QUICK = "session.timeout.ms=1000&heartbeat.interval.ms=200"
QUICK_SINK = "transaction.timeout.ms=2000"


@pytest.mark.slow
def test_one_two_three_processes_and_one_killed(kafka: Broker, tmp_path: Path) -> None:
    with Crew(kafka, tmp_path, partitions=6, query=QUICK, sink_query=QUICK_SINK, max_records=50) as crew:
        share, processes = 1_200, []
        for number, spread in enumerate(([6], [3, 3], [2, 2, 2])):
            crew.write(comments(number * share, share))
            processes.append(crew.start())
            # Mypy cannot infer a default.
            crew.wait_for(lambda spread=spread: crew.members() == spread)  # type: ignore[misc]
        crew.write(comments(3 * share, share))
        crew.kill(processes[1])
        crew.wait_for(lambda: crew.members() == [3, 3])
        crew.write(comments(4 * share, share))
        crew.write(closers(6))
        crew.wait_until_done()
        for process in (processes[0], processes[2]):
            process.terminate()
            assert process.wait(30) == 0, crew.log()
        require_exactly_once(crew)


@pytest.mark.slow
def test_a_process_that_slept_beyond_its_transactions_time_goes_on(kafka: Broker, tmp_path: Path) -> None:
    with Crew(kafka, tmp_path, query="session.timeout.ms=60000", sink_query=QUICK_SINK, max_records=20) as crew:
        crew.write(comments(0, 4_000))
        process = crew.start()
        for _ in range(2):
            process.send_signal(signal.SIGSTOP)
            time.sleep(3.0)  # longer than a transaction may take
            process.send_signal(signal.SIGCONT)
            before = crew.committed()
            # Mypy cannot infer a default.
            crew.wait_for(lambda before=before: crew.committed() != before)  # type: ignore[misc]
        crew.write(closers(2))
        crew.wait_until_done()
        require_exactly_once(crew)


@pytest.mark.slow
def test_a_process_that_slept_while_another_took_its_partitions_decides_nothing_twice(
    kafka: Broker, tmp_path: Path
) -> None:
    with Crew(kafka, tmp_path, query=QUICK, sink_query=QUICK_SINK, max_records=20) as crew:
        crew.write(comments(0, 6_000))
        sleeper = crew.start()
        other = crew.start()
        crew.wait_for(lambda: crew.members() == [1, 1])
        sleeper.send_signal(signal.SIGSTOP)
        crew.wait_for(lambda: crew.members() == [2])
        sleeper.send_signal(signal.SIGCONT)
        crew.wait_for(lambda: crew.members() == [1, 1])
        crew.write(closers(2))
        crew.wait_until_done()
        for process in (sleeper, other):
            process.terminate()
            assert process.wait(30) == 0, crew.log()
        require_exactly_once(crew)
