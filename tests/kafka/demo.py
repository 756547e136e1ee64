"""`make demo-kafka`: a broker on this machine, made-up comments that come in, and a stream that decides them."""

import csv
import itertools
import json
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from confluent_kafka import Producer

from tests.kafka.broker import Broker
from tests.kafka.jars import UnavailableError, fetch_jars
from tests.kafka.topics import create_topic, read

_SECONDS = 10
_PER_SECOND = 500


def main() -> None:
    """Run it all, and clean up."""
    try:
        fetch_jars()
    except UnavailableError as error:
        sys.exit(str(error))
    folder = Path(tempfile.mkdtemp(prefix="surtitle-demo-kafka-"))
    surtitle = [sys.executable, "-m", "surtitle.cli"]
    project = folder / "project"
    try:
        subprocess.run([*surtitle, "demo", str(project)], check=True, stdout=subprocess.DEVNULL)
        with Broker(folder / "broker") as broker:
            for name in ("comments", "decisions"):
                create_topic(broker, name=name, partitions=2)
            base = f"kafka://{broker.address}"
            command = [*surtitle, "stream", "--in", f"{base}/comments", "--out", f"{base}/decisions"]
            print(f"$ surtitle {' '.join(command[3:])}", flush=True)
            stream = subprocess.Popen([*command, "--project", str(project)])
            write(broker, project / "comments.csv")
            stream.send_signal(signal.SIGTERM)
            stream.wait()
            print("$ surtitle stream status", flush=True)
            subprocess.run([*surtitle, "stream", "status", "--project", str(project)], check=True)
            decisions = read(broker, "decisions")
            print(f"{len(decisions):,} decisions in the topic; the last three:")
            for record in decisions[-3:]:
                print(record.value.decode())
    finally:
        shutil.rmtree(folder)


def write(broker: Broker, path: Path) -> None:
    """Write comments to the topic for a while."""
    producer = Producer(dict(broker.client_settings))
    with path.open(encoding="utf-8", newline="") as file:
        comments = itertools.cycle(list(itertools.islice(csv.DictReader(file), 20_000)))
    for _ in range(_SECONDS * 10):
        for comment in itertools.islice(comments, _PER_SECOND // 10):
            producer.produce("comments", json.dumps(comment))
        producer.poll(0)
        time.sleep(0.1)
    producer.flush()


if __name__ == "__main__":
    main()
