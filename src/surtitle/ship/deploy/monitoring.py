"""Prometheus with the rules that come with the package, and Grafana with its dashboards."""

import json
from collections.abc import Mapping, Sequence
from importlib.resources import files

from surtitle.ship.deploy.filling import template

__all__ = ["monitoring_files"]

_RULES = ("serve/dashboards/alerts.yml", "stream/dashboards/stream-alerts.yml")
_BOARDS = ("serve/dashboards/surtitle.json", "stream/dashboards/surtitle-stream.json")


def monitoring_files(targets: Sequence[str]) -> Mapping[str, str]:
    """Return the files by name.

    Parameters
    ----------
    targets : sequence of str
        The services, each as HOST:PORT.
    """
    return {
        "prometheus/prometheus.yml": template(
            "prometheus.yml", {"serves": ", ".join(json.dumps(each) for each in targets)}
        ),
        **{f"prometheus/{name.rpartition('/')[2]}": _shipped(name) for name in _RULES},
        "grafana/provisioning/datasources/prometheus.yaml": template("datasource.yaml", {}),
        "grafana/provisioning/dashboards/surtitle.yaml": template("dashboards.yaml", {}),
        **{f"grafana/dashboards/{name.rpartition('/')[2]}": _shipped(name) for name in _BOARDS},
    }


def _shipped(name: str) -> str:
    # By path rather than from the package beside it: to write files needs no web framework and no broker's client.
    return (files("surtitle") / name).read_text(encoding="utf-8")
