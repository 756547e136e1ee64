"""A real Kafka broker for tests and the demonstration: one node, KRaft, on a free port of this machine.

As a program::

    python -m tests.kafka.broker start FOLDER [--port PORT]     prints the address
    python -m tests.kafka.broker stop FOLDER

As a context manager:

    with Broker(folder) as broker:
        connect(broker.address)

`kill` is kill -9, and `start` after it goes on with the same data on the same port: a crash of the broker.
"""

import argparse
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from tests.kafka.jars import fetch_jars, java
from tests.processes import die_with_parent

__all__ = ["PASSWORDS", "Broker"]

PASSWORDS = {"admin": "admin-secret", "reader": "reader-secret"}
"""The users of a broker that is started with `secured=True`; `reader` may do nothing until told so."""

_SETTINGS = """
process.roles=broker,controller
node.id=1
controller.listener.names=CONTROLLER
controller.quorum.bootstrap.servers=127.0.0.1:{controller_port}
listeners={protocol}://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners={protocol}://127.0.0.1:{port}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT
inter.broker.listener.name={protocol}
log.dirs={data}
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=4
# A test does not wait for members that will not come, nor long for one that was killed.
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
transaction.abort.timed.out.transaction.cleanup.interval.ms=500
# After kill -9 the controller takes the broker for alive, and refuses its successor, for so long. On a busy machine a
# living one may be silent for a second or two.
broker.session.timeout.ms=4000
broker.heartbeat.interval.ms=300
"""

_SECURED = """
sasl.enabled.mechanisms=PLAIN
sasl.mechanism.inter.broker.protocol=PLAIN
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:admin;User:ANONYMOUS
listener.name.sasl_plaintext.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \\
  username="admin" password="{admin}" {users};
"""


class Broker:
    """One broker with its data in a folder.

    Parameters
    ----------
    folder : Path
        Where its data, settings and log go; made if absent. Who made the folder removes it.
    port : int
        0 for a free one.
    secured : bool
        Ask for a user and password (SASL PLAIN) and check what the user may do.
    heap_mb : int
        Java's memory.
    outlives : bool
        Whether it goes on when the process that started it ends; otherwise it dies with it, however that ends (Linux).
    """

    def __init__(
        self, folder: Path, *, port: int = 0, secured: bool = False, heap_mb: int = 384, outlives: bool = False
    ) -> None:
        self.folder = folder
        self.port = port or _free_port()
        self.secured = secured
        self.heap_mb = heap_mb
        self.outlives = outlives
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """Where clients connect to."""
        return f"127.0.0.1:{self.port}"

    @property
    def client_settings(self) -> dict[str, str]:
        """What a client of librdkafka needs to connect as the administrator."""
        return client_settings(self.address, user="admin" if self.secured else "")

    def start(self, *, timeout_s: float = 60.0) -> Self:
        """Start, and return when it answers.

        Raises
        ------
        RuntimeError
            If it ends or does not answer in time, with the end of its log.
        """
        if not (self.folder / "server.properties").exists():
            self._format()
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._java(f"-Xmx{self.heap_mb}m", "kafka.Kafka", str(self.folder / "server.properties")),
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C in the terminal is for the tests, not for the broker
                preexec_fn=None if self.outlives else die_with_parent,
            )
        (self.folder / "pid").write_text(str(self._process.pid))
        self._wait(time.monotonic() + timeout_s)
        return self

    def stop(self) -> None:
        """Stop in an orderly way; a broker that takes more than 20 s over it is killed."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Kill -9: what the operating system does when memory runs out."""
        self._end(signal.SIGKILL)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def _log(self) -> Path:
        return self.folder / "broker.log"

    def _java(self, *arguments: str) -> list[str]:
        quiet = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"
        return [java(), "-cp", f"{fetch_jars()}/*", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", quiet, *arguments]

    def _format(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / "server.properties"
        text = _SETTINGS.format(
            protocol="SASL_PLAINTEXT" if self.secured else "PLAINTEXT",
            port=self.port,
            controller_port=_free_port(),
            data=self.folder / "data",
        )
        if self.secured:
            users = " ".join(f'user_{name}="{password}"' for name, password in PASSWORDS.items())
            text += _SECURED.format(admin=PASSWORDS["admin"], users=users)
        path.write_text(text)
        tool = self._java("kafka.tools.StorageTool", "format", "--standalone", "-t", _cluster_id(), "-c", str(path))
        done = subprocess.run(tool, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            path.unlink()
            raise RuntimeError(f"the broker's storage could not be formatted: {done.stdout}{done.stderr}")

    def _wait(self, deadline: float) -> None:
        assert self._process is not None
        client = AdminClient(_quiet(self.client_settings))
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise RuntimeError(f"the broker ended: {self._log.read_text()[-2000:]}")
            try:
                client.list_topics(timeout=0.5)
            except KafkaException:
                continue
            return
        self.kill()
        raise RuntimeError(f"the broker did not answer in time: {self._log.read_text()[-2000:]}")

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        process.send_signal(how)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def client_settings(address: str, *, user: str = "") -> dict[str, str]:
    """Return what a client of librdkafka needs to connect, as `user` when one is named."""
    settings = {"bootstrap.servers": address}
    if user:
        settings |= {
            "security.protocol": "SASL_PLAINTEXT",
            "sasl.mechanism": "PLAIN",
            "sasl.username": user,
            "sasl.password": PASSWORDS[user],
        }
    return settings


def _quiet(settings: dict[str, str]) -> dict[str, str | int | float | bool]:
    """While a broker starts, every refused connection is expected."""
    return {**settings, "log_level": 0}


def _cluster_id() -> str:
    return "c3VydGl0bGUtdGVzdHMtMQ"  # 16 bytes of base64: each broker is a cluster of its own, so one name will do


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def main() -> None:
    """Start or stop a broker that outlives this program."""
    parser = argparse.ArgumentParser(description="A one-node Kafka broker on this machine.")
    parser.add_argument("action", choices=["start", "stop"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--port", type=int, default=0, help="0: a free one")
    options = parser.parse_args()
    if options.action == "start":
        print(Broker(options.folder.absolute(), port=options.port, outlives=True).start().address)
        return
    pid = options.folder / "pid"
    if not pid.exists():
        sys.exit(f"no broker was started in {options.folder}")
    os.kill(int(pid.read_text()), signal.SIGTERM)
    pid.unlink()


if __name__ == "__main__":
    main()
