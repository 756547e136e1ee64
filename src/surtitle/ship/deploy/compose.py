"""One machine with containers: services behind nginx, the stream, Kafka, Prometheus, Grafana."""

import json
from collections.abc import Mapping
from urllib.parse import urlsplit

from surtitle.settings import StreamSettings
from surtitle.ship.deploy.container import GRAFANA, KAFKA, NGINX, PROMETHEUS, STATE, USER
from surtitle.ship.deploy.filling import template
from surtitle.ship.deploy.monitoring import monitoring_files
from surtitle.ship.deploy.nginx import Proxy, nginx_conf
from surtitle.ship.deploy.plan import Plan

__all__ = ["SCRIPTS", "compose_files", "lines_for_kafka"]

SCRIPTS = frozenset({"prepare", "rolling-update"})
_NET = "172.31.83"
_FIRST = 11
_TLS_PORT = 8443
_BROKER = "kafka:9092"
_METRICS = "0.0.0.0:9400"
_IN, _OUT = f"kafka://{_BROKER}/comments", f"kafka://{_BROKER}/decisions"
_LEAST_PIDS = 64


def compose_files(plan: Plan) -> Mapping[str, str]:
    """Return the files by name.

    Parameters
    ----------
    plan : Plan
        What to deploy; without an image, ``SURTITLE_IMAGE`` names it.
    """
    port = plan.serve.port or 8080
    numbers = range(1, plan.size.instances + 1)
    source, output = _addresses(plan.project.settings.stream)
    has_broker = _is_ours(source) or _is_ours(output)
    values = {
        "name": plan.name,
        "image": plan.image or "${SURTITLE_IMAGE:?name the image by its digest}",
        "user": USER,
        "state": STATE,
        "port": port,
        "workers": plan.size.workers,
        "stop_s": plan.stop_s,
        "memory_mb": plan.size.memory_mb,
        "pids": _LEAST_PIDS * (1 + plan.size.workers),
        "stream_mb": max(512, plan.size.memory_mb),
        "services": "\n".join(_service(number) for number in numbers).rstrip("\n"),
        "after_services": "\n".join(f"serve-{number}: {{condition: service_healthy}}" for number in numbers),
        "tls_port": _TLS_PORT,
        "nginx": NGINX,
        "prometheus": PROMETHEUS,
        "grafana": GRAFANA,
        "subnet": f"{_NET}.0/24",
        "stream": "\n".join(f"- {json.dumps(each)}" for each in _stream_command(source, output)),
        "stream_after": "depends_on:\n  topics: {condition: service_completed_successfully}" if has_broker else "",
        "with_kafka": " with Kafka" if has_broker else "",
        "kafka": template("compose-kafka.yaml", {"kafka_image": KAFKA, "topics": _topics(source, output)})
        if has_broker
        else "",
        "kafka_volume": "kafka: {}" if has_broker else "",
        "host": plan.host,
        "names": " ".join(f"serve-{number}" for number in numbers),
    }
    proxy = Proxy(
        kind="compose",
        port=_TLS_PORT,
        tls="/etc/nginx/tls",
        run="/run/nginx",
        access_log="/dev/stdout",
        upstreams=[f"{_NET}.{_FIRST + number - 1}:{port}" for number in numbers],
        local=False,
    )
    return {
        "compose.yaml": template("compose.yaml", values),
        "nginx.conf": nginx_conf(plan, proxy),
        **monitoring_files([f"serve-{number}:{port}" for number in numbers]),
        ".gitignore": ".env\nsecrets/\ntls/\n",
        **{name: template(name, values) for name in sorted(SCRIPTS)},
    }


def lines_for_kafka(settings: StreamSettings) -> str:
    """Return what is to be added to `surtitle.toml`, so that the image can speak to the broker; empty: nothing.

    Examples
    --------
    >>> print(lines_for_kafka(StreamSettings()))
    [stream]
    input = "kafka://kafka:9092/comments"
    output = "kafka://kafka:9092/decisions"
    """
    return "" if settings.input and settings.output else f'[stream]\ninput = "{_IN}"\noutput = "{_OUT}"'


def _addresses(settings: StreamSettings) -> tuple[str, str]:
    if settings.input and settings.output:
        return settings.input, settings.output
    return _IN, _OUT


def _stream_command(source: str, output: str) -> list[str]:
    return ["stream", "--in", source, "--out", output, "--follow", "--metrics", _METRICS]


def _is_ours(address: str) -> bool:
    return address.startswith(f"kafka://{_BROKER}/")


def _topics(*addresses: str) -> str:
    names = [urlsplit(each).path.lstrip("/") for each in addresses if _is_ours(each)]
    out = names[-1]
    return " ".join(dict.fromkeys([*names, f"{out}.windows", f"{out}.late"]))


def _service(number: int) -> str:
    return f"serve-{number}:\n  <<: *serve\n  networks:\n    back: {{ipv4_address: {_NET}.{_FIRST + number - 1}}}\n"
