"""The peers of `stream_kafka.py`, in an environment of their own: scripts that print records and seconds."""

import json
import os
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from _peers import environment

__all__ = ["VERSIONS", "peers_python", "run_bytewax", "run_peer"]

VERSIONS = {"bytewax": "0.21.1", "quixstreams": "3.28.1", "scikit-learn": "1.9.1"}

BYTEWAX = """
import json, os
from datetime import datetime, timedelta, timezone
import bytewax.operators as op
import bytewax.operators.windowing as win
from bytewax.connectors.files import FileSink, FileSource
from bytewax.dataflow import Dataflow

flow = Dataflow("windows")
lines = op.input("in", flow, FileSource(os.environ["IN"], batch_size=1000))
events = op.map("decode", lines, json.loads)
clock = win.EventClock(lambda e: datetime.fromisoformat(e["time"]), wait_for_system_duration=timedelta(seconds=5))
windower = win.TumblingWindower(length=timedelta(minutes=1), align_to=datetime(2026, 1, 1, tzinfo=timezone.utc))
counted = win.count_window("count", events, clock, windower, lambda e: e["client"])
op.output("out", op.map("encode", counted.down, lambda row: (row[0], json.dumps(row[1]))), FileSink(os.environ["OUT"]))
"""

QUIX = """
import json, sys, time
from quixstreams import Application
broker, source, target, count = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
app = Application(broker, consumer_group=f"quix-{source}", auto_offset_reset="earliest", loglevel="ERROR",
                  processing_guarantee="exactly-once", auto_create_topics=False)
times = []
def decide(event):
    times.append(time.time())
    return {"id": event["id"], "action": "allow"}
frame = app.dataframe(app.topic(source)).apply(decide).to_topic(app.topic(target))
app.run(count=count)
print(json.dumps({"records": len(times), "seconds": time.time() - times[0]}))
"""

LOOP = """
import csv, gzip, json, sys, time
from confluent_kafka import Consumer, Producer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
broker, source, target, count, data = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5]
with gzip.open(data, "rt", encoding="utf-8", newline="") as file:
    rows = list(csv.DictReader(file))
model = make_pipeline(TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True),
                      LogisticRegression(C=4, class_weight="balanced", max_iter=2000))
model.fit([row["text"] for row in rows], [row["removed"] for row in rows])
consumer = Consumer({"bootstrap.servers": broker, "group.id": f"loop-{source}", "enable.auto.commit": False,
                     "auto.offset.reset": "earliest"})
producer = Producer({"bootstrap.servers": broker, "linger.ms": 5, "acks": "all"})
consumer.subscribe([source])
done, first = 0, 0.0
while done < count:
    messages = [m for m in consumer.consume(2000, 0.2) if m.error() is None]
    if not messages:
        continue
    first = first or time.time()
    events = [json.loads(m.value()) for m in messages]
    for event, score in zip(events, model.predict_proba([event["text"] for event in events])[:, 1].tolist()):
        producer.produce(target, json.dumps({"id": event["id"], "score": score}).encode())
        producer.poll(0)
    producer.flush()
    consumer.commit(asynchronous=False)
    done += len(messages)
print(json.dumps({"records": done, "seconds": time.time() - first}))
consumer.close()
"""


def peers_python(*, may_install: bool) -> tuple[str, str]:
    """Return the Python of the peers' environment, and the reason why there is none.

    Parameters
    ----------
    may_install : bool
        Whether there is time to make the environment.
    """
    wanted = [f"{name}=={version}" for name, version in VERSIONS.items()]
    programs, why = environment("stream", wanted, may_install=may_install)
    return str(programs / "python") if programs else "", why


def run_peer(python: str, script: str, *arguments: str) -> dict[str, Any]:
    """Run a peer's script; the result has ``records`` and ``seconds``, or ``skipped``."""
    command = [python, "-c", script, *arguments]
    with tempfile.TemporaryDirectory() as folder:  # Quix Streams leaves its state where it runs
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=600)
    return _result(done)


def run_bytewax(python: str, source: Path, folder: Path, count: int) -> dict[str, Any]:
    """Have Bytewax count the events of a file in windows, with recovery; the seconds include its start."""
    (folder / "recovery").mkdir()
    (folder / "peer_bytewax.py").write_text(BYTEWAX)
    environment = {**os.environ, "IN": str(source), "OUT": str(folder / "bytewax.jsonl")}
    recovery = [python, "-m", "bytewax.recovery", "recovery", "1"]
    run = [python, "-m", "bytewax.run", "peer_bytewax:flow", "-r", "recovery", "-s", "2", "-b", "0"]
    began = 0.0
    for command in (recovery, run):
        began = time.time()
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            return _result(done)
    return {"records": count, "seconds": time.time() - began}


def _result(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    if done.returncode != 0:
        return {"skipped": (done.stderr.strip().splitlines() or ["no reason told"])[-1][:300]}
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found
