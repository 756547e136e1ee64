"""What is checked of every dashboard and its alert rules."""

import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml


class Board:
    """A dashboard and the alert rules beside it."""

    def __init__(self, folder: Path, dashboard: str, rules: str) -> None:
        self.rules_file = folder / rules
        self.dashboard: dict[str, Any] = json.loads((folder / dashboard).read_text(encoding="utf-8"))
        self.rules: list[dict[str, Any]] = yaml.safe_load(self.rules_file.read_text("utf-8"))["groups"][0]["rules"]

    def expressions(self) -> dict[str, str]:
        """Every PromQL expression, by where it stands."""
        found = {f"alert {rule['alert']}": rule["expr"] for rule in self.rules}
        for panel in self.dashboard["panels"]:
            found |= {f"panel {panel['title']} {each['refId']}": each["expr"] for each in panel["targets"]}
        for each in self.dashboard["annotations"]["list"]:
            found[f"annotation {each['name']}"] = each["expr"]
        return found

    def check_names(self, place: str, exposed: Mapping[str, set[str]]) -> None:
        """Every metric named there exists, with its labels."""
        expression = self.expressions()[place]
        named = _metrics_of(expression)
        assert named, f"{place} names no metric"
        for name, matchers in named:
            assert name in exposed, f"{place}: {name}"
            labels = set(re.findall(r'(\w+)\s*(?:=~|!~|!=|=)\s*"', matchers)) - {"instance"}
            assert labels <= exposed[name], f"{place}: {name} has no labels {labels - exposed[name]}"
        grouped = {label for group in re.findall(r"by \(([^)]*)\)", expression) for label in re.split(r",\s*", group)}
        assert grouped - {"instance"} <= set().union(*(exposed[name] for name, _ in named)), place

    def check_complete(self, exposed: Mapping[str, set[str]]) -> None:
        """Every metric is on the dashboard."""
        shown = {
            name for place, expr in self.expressions().items() if "panel" in place for name, _ in _metrics_of(expr)
        }
        assert set(map(_family, exposed)) == set(map(_family, shown))

    def check_layout(self) -> None:
        """Panels have ids of their own and do not overlap."""
        panels = self.dashboard["panels"]
        assert len({panel["id"] for panel in panels}) == len(panels)
        for first, second in combinations((panel["gridPos"] for panel in panels), 2):
            assert (
                first["x"] + first["w"] <= second["x"]
                or second["x"] + second["w"] <= first["x"]
                or first["y"] + first["h"] <= second["y"]
                or second["y"] + second["h"] <= first["y"]
            )
        assert max(panel["gridPos"]["x"] + panel["gridPos"]["w"] for panel in panels) <= 24

    def check_rules(self) -> None:
        """An alert says how bad it is and what to do."""
        for rule in self.rules:
            assert set(rule["annotations"]) == {"summary", "action"}
            assert rule["labels"]["severity"] in {"critical", "warning", "info"}
            assert rule["expr"].count("(") == rule["expr"].count(")")

    def check_with_prometheus(self, folder: Path) -> None:
        """Prometheus itself can read every expression."""
        tool = promtool()
        panels = [{"record": f"check:{i}", "expr": _filled_in(e)} for i, e in enumerate(self.expressions().values())]
        (folder / "panels.yml").write_text(json.dumps({"groups": [{"name": "panels", "rules": panels}]}))
        for path in (self.rules_file, folder / "panels.yml"):
            done = subprocess.run([tool, "check", "rules", str(path)], capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stdout + done.stderr


def samples_of(text: str) -> dict[str, set[str]]:
    """Every sample name of ours in what Prometheus reads, with its labels."""
    samples: dict[str, set[str]] = {}
    for name, labels in re.findall(r"^(surtitle_\w+)(?:\{(.*)\})? ", text, re.M):
        if not name.endswith("_created"):
            samples.setdefault(name, set()).update(re.findall(r'(\w+)="', labels))
    return samples


def promtool() -> str:
    """Return Prometheus's own checker, or skip the test."""
    found = shutil.which("promtool")
    if found is None:
        pytest.skip("promtool, of Debian's package prometheus, is not installed")
    return found


def _metrics_of(expression: str) -> list[tuple[str, str]]:
    return re.findall(r"\b(surtitle_\w+)(?:\{([^}]*)\})?", expression)


def _family(name: str) -> str:
    return re.sub(r"_(bucket|sum|count)$", "", name)


def _filled_in(expression: str) -> str:
    return expression.replace("$__rate_interval", "5m").replace("$instance", ".*")
