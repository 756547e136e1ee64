"""Where a topic is, and how to get in: ``kafka://HOST:PORT/TOPIC?group=g&security.protocol=SASL_SSL``."""

import re
from collections.abc import Mapping
from typing import Literal
from urllib.parse import parse_qsl, urlsplit

import msgspec

from surtitle.errors import Fault, StreamError
from surtitle.project import expand_secrets

__all__ = ["KafkaAddress", "parse_address"]

_TOPIC = re.compile(r"[A-Za-z0-9._-]{1,249}")
_HOST = re.compile(r"([A-Za-z0-9._-]+|\[[0-9a-fA-F:.]+\])(:\d{1,5})?")
_SECRETS = re.compile(r"password|secret|\.pem$|jaas")
_REFERENCE = re.compile(r"\$\{\w+\}")

# What the guarantees rest on is not for the address to say.
_OURS = {
    "acks": "every output waits for all replicas",
    "auto.offset.reset": "use start=earliest or start=latest",
    "bootstrap.servers": "the servers stand before the topic: kafka://HOST:PORT,HOST:PORT/TOPIC",
    "enable.auto.commit": "offsets are committed with the outputs",
    "enable.auto.offset.store": "offsets are committed with the outputs",
    "enable.idempotence": "it is always on",
    "enable.partition.eof": "idle partitions are known by it",
    "group.id": "use group=NAME",
    "group.instance.id": "use instance=NAME",
    "group.protocol": "a killed process gets its partitions back at once in the classic protocol only",
    "isolation.level": "what was not committed is never read",
    "partition.assignment.strategy": "partitions move one by one",
    "transactional.id": "use instance=NAME",
}


class KafkaAddress(msgspec.Struct, frozen=True, kw_only=True):
    """A topic on a cluster.

    Parameters
    ----------
    servers : str
        One or more of ``host:port``, with commas.
    topic : str
        The topic's name.
    group : str
        The consumer group; empty: the stream's own name.
    instance : str
        Names this process in its group; empty: the first free place on this machine.
    start : "earliest" or "latest"
        Where to begin if the group has never committed.
    settings : mapping of str to str
        For librdkafka, secrets already looked up.
    """

    servers: str
    topic: str
    group: str = ""
    instance: str = ""
    start: Literal["earliest", "latest"] = "earliest"
    settings: Mapping[str, str] = {}

    @property
    def name(self) -> str:
        """The address without settings, so without secrets."""
        return f"kafka://{self.servers}/{self.topic}"

    def __repr__(self) -> str:
        return f"KafkaAddress({self.name!r})"


def parse_address(address: str, environ: Mapping[str, str]) -> KafkaAddress:
    """Read an address.

    Parameters
    ----------
    address : str
        ``kafka://HOST:PORT[,HOST:PORT...]/TOPIC`` and, after a question mark, `group`, `instance`, `start` and any
        setting of librdkafka. A password, key or other secret must be a reference: ``sasl.password=${NAME}``.
    environ : mapping of str to str
        Where references are looked up.

    Raises
    ------
    StreamError
        With everything that is wrong with the address.

    Examples
    --------
    >>> address = parse_address("kafka://localhost:9092/comments?group=g&sasl.password=${PW}", {"PW": "s3cret"})
    >>> address.topic, address.group, address.settings["sasl.password"]
    ('comments', 'g', 's3cret')
    >>> address
    KafkaAddress('kafka://localhost:9092/comments')
    """
    parts = urlsplit(address)
    topic = parts.path.strip("/")
    query = dict(parse_qsl(parts.query, keep_blank_values=True, encoding="utf-8"))
    faults = [*_place_faults(parts.netloc, topic), *_query_faults(query)]
    if faults:
        raise StreamError(f"{_shown(address)} is not an address of a topic", faults)
    settings = {key: expand_secrets(value, environ) for key, value in query.items() if "." in key or key == "debug"}
    return KafkaAddress(
        servers=parts.netloc,
        topic=topic,
        group=query.get("group", ""),
        instance=query.get("instance", ""),
        start="latest" if query.get("start") == "latest" else "earliest",
        settings=settings,
    )


def _place_faults(servers: str, topic: str) -> list[Fault]:
    faults = []
    if "@" in servers:
        remedy = "write ?sasl.username=NAME&sasl.password=${NAME} behind the topic"
        faults.append(Fault("host", "a user does not belong before the host", remedy))
    elif not all(_HOST.fullmatch(server) for server in servers.split(",")):
        faults.append(Fault("host", f"cannot read {servers!r}", "write kafka://HOST:PORT/TOPIC"))
    if not _TOPIC.fullmatch(topic):
        remedy = "a topic has letters, digits, dots, underscores and hyphens, at most 249"
        faults.append(Fault("topic", f"{topic!r} is not a topic's name", remedy))
    return faults


def _query_faults(query: Mapping[str, str]) -> list[Fault]:
    faults = []
    for key, value in query.items():
        if key in _OURS:
            faults.append(Fault(key, "cannot be set", _OURS[key]))
        elif _SECRETS.search(key) and not _REFERENCE.fullmatch(value):
            remedy = f"write {key}=${{NAME}} and set NAME in the environment"
            faults.append(Fault(key, "a secret does not belong into an address", remedy))
        elif key == "start" and value not in {"earliest", "latest"}:
            faults.append(Fault(key, f"is earliest or latest, not {value!r}"))
        elif "." not in key and key not in {"group", "instance", "start", "debug"}:
            faults.append(Fault(key, "is not known", "group, instance, start, or a setting of librdkafka"))
    return faults


def _shown(address: str) -> str:
    """Return the address without its settings and user: what is wrong with it may be a secret."""
    return re.sub(r"//[^/]*@", "//", address.split("?")[0])
