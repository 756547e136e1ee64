"""What Prometheus is given, and the rules about it."""

import json
import re
import subprocess
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from surtitle.errors import SurroundingsError
from surtitle.watch.alerts.exposition import render_metrics, write_metrics
from surtitle.watch.overview import Overview
from tests.boards import promtool, samples_of
from tests.watch.alerts.looks import DAY, NOW, act, look

RULES = Path(str(files("surtitle.watch") / "dashboards" / "watch-alerts.yml"))


def parsed(overview: Overview) -> dict[tuple[str, ...], float]:
    found = {}
    for family in text_string_to_metric_families(render_metrics(overview)):
        for sample in family.samples:
            found[sample.name, *(sample.labels[name] for name in sorted(sample.labels) if name != "model")] = (
                sample.value
            )
            assert sample.labels["model"] == overview.model
    return found


def rules() -> list[dict[str, Any]]:
    return list(yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"][0]["rules"])


def test_a_look_in_numbers() -> None:
    found = parsed(look(bad=True, drifted=True, acts=(act("rolled_back", at=NOW - DAY), act("rolled_back"))))
    assert found["surtitle_watch_bad_periods", ""] == 1
    assert found["surtitle_watch_auc", ""] == 0.8
    assert found["surtitle_watch_labelled_share", ""] == 0.9
    assert found["surtitle_watch_drifted", "scores"] == 1
    assert found["surtitle_watch_drifted", "words"] == 0
    assert found["surtitle_watch_last_act_timestamp_seconds", "", "rolled_back"] == NOW.timestamp()


def test_any_name_can_be_read_back() -> None:
    hostile = 'mod"er\\ation\n# HELP x'
    parsed(look(model=hostile))


def test_the_file_is_whole_or_not_there(tmp_path: Path) -> None:
    write_metrics(look(), tmp_path / "watch.prom")
    assert [path.name for path in tmp_path.iterdir()] == ["watch.prom"]
    with pytest.raises(SurroundingsError, match=r"alerts\.metrics_file"):
        write_metrics(look(), tmp_path / "no" / "watch.prom")


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_a_rule_speaks_of_what_there_is_and_says_what_to_do(rule: dict[str, Any]) -> None:
    exposed = samples_of(render_metrics(look(acts=(act("promoted"),))))
    for name, matchers in re.findall(r"\b(surtitle_\w+)(?:\{([^}]*)\})?", rule["expr"]):
        assert set(re.findall(r"(\w+)=", matchers)) <= exposed[name]
    assert set(rule["annotations"]) == {"summary", "action"}
    assert rule["labels"]["severity"] in {"critical", "warning", "info"}


def test_prometheus_can_read_rules_and_file(tmp_path: Path) -> None:
    tool = promtool()
    done = subprocess.run([tool, "check", "rules", str(RULES)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    text = render_metrics(look(bad=True, drifted=True, acts=(act("promoted"),)))
    done = subprocess.run([tool, "check", "metrics"], input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_alerts_fire_when_they_should_and_not_before(tmp_path: Path) -> None:
    tool = promtool()
    series = [
        ('surtitle_watch_last_pass_timestamp_seconds{model="m"}', "0x5000"),
        ('surtitle_watch_bad_periods{model="m",client=""}', "0x60 1x5000"),
        ('surtitle_watch_last_act_timestamp_seconds{model="m",client="",outcome="rolled_back"}', "_x60 3600x5000"),
        ('surtitle_watch_drifted{model="m",what="words"}', "0x5000"),
    ]
    fires = {"SurtitleWatchStale": ("1d", "49h"), "SurtitleQualityFallen": ("30m", "2h")}
    fires |= {"SurtitleRolledBack": ("30m", "2h"), "SurtitleDrift": ("49h", "")}
    cases = []
    for name, (silent, firing) in fires.items():
        cases.append({"eval_time": silent, "alertname": name, "exp_alerts": []})
        if firing:
            expression = next(rule["expr"] for rule in rules() if rule["alert"] == name)
            cases.append({"eval_time": firing, "promql": expression})
    test = {
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in series],
        "alert_rule_test": [case for case in cases if "alertname" in case],
        "promql_expr_test": [
            {
                "expr": f"count({case['promql']})",
                "eval_time": case["eval_time"],
                "exp_samples": [{"labels": "{}", "value": 1}],
            }
            for case in cases
            if "promql" in case
        ],
    }
    (tmp_path / "test.yml").write_text(json.dumps({"rule_files": [str(RULES)], "tests": [test]}))
    command = [tool, "test", "rules", str(tmp_path / "test.yml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
