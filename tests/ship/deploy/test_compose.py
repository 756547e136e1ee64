import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from surtitle.project import load_project
from surtitle.settings import StreamSettings
from surtitle.ship.deploy.compose import SCRIPTS, compose_files, lines_for_kafka
from surtitle.ship.deploy.plan import Plan
from tests.ship.deploy.box import make_certificate
from tests.ship.deploy.checkers import YAMLLINT, check, lay_out, program, tool

REDIS = ("stream.input=redis://redis:6379/comments", "stream.output=redis://redis:6379/decisions")
TOPICS = ("stream.input=kafka://kafka:9092/in", "stream.output=kafka://kafka:9092/out")


def with_settings(plan: Plan, *overrides: str) -> Plan:
    return msgspec.structs.replace(plan, project=load_project(plan.project.root, overrides))


def services_of(plan: Plan) -> dict[str, dict[str, Any]]:
    return dict(yaml.safe_load(compose_files(plan)["compose.yaml"])["services"])


@pytest.mark.parametrize("settings", [(), REDIS, TOPICS])
def test_the_schema_and_yamllint_find_nothing(plan: Plan, tmp_path: Path, settings: tuple[str, ...]) -> None:
    folder = lay_out(tmp_path / "compose", compose_files(with_settings(plan, *settings)))
    check(tool("check-jsonschema"), "--builtin-schema", "vendor.compose-spec", folder / "compose.yaml")
    ours = [path for path in folder.rglob("*.y*ml") if "alerts" not in path.name]
    assert len(ours) == 4
    check(tool("yamllint"), "--strict", "-d", YAMLLINT, *ours)


def test_every_container_is_held_down(plan: Plan) -> None:
    for name, service in services_of(plan).items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["read_only"] is (name != "kafka"), name
        assert service["user"].partition(":")[0] not in ("", "0", "root"), name
        assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory", "pids"}, name
        assert "@sha256:" in service["image"], name
        assert "healthcheck" in service or name == "topics", name
        assert "privileged" not in service, name
        assert not any("docker.sock" in str(volume) for volume in service.get("volumes", [])), name


def test_only_nginx_is_open_to_the_outside_and_services_see_no_way_out(plan: Plan) -> None:
    services = services_of(plan)
    published = {name: service["ports"] for name, service in services.items() if "ports" in service}
    assert published == {"nginx": ["${SURTITLE_PORT:-443}:8443"], "grafana": ["127.0.0.1:3000:3000"]}
    assert yaml.safe_load(compose_files(plan)["compose.yaml"])["networks"]["back"]["internal"] is True
    for name in ("serve-1", "serve-2", "stream", "kafka", "topics", "prometheus"):
        assert list(services[name]["networks"]) == ["back"]


def test_nginx_knows_the_services_by_their_addresses(plan: Plan, tmp_path: Path) -> None:
    files = compose_files(plan)
    services = services_of(plan)
    for name in ("serve-1", "serve-2"):
        address = services[name]["networks"]["back"]["ipv4_address"]
        assert f"server {address}:8080 max_fails=1 fail_timeout=1s;" in files["nginx.conf"]
    assert services["serve-1"]["stop_grace_period"] == "24s"  # 1 + 20 of the settings, and 3 to spare
    make_certificate(tmp_path / "tls")
    conf = files["nginx.conf"].replace("/etc/nginx/tls", str(tmp_path / "tls")).replace("/run/nginx", str(tmp_path))
    (tmp_path / "nginx.conf").write_text(conf)
    check(program("nginx"), "-t", "-e", "stderr", "-p", tmp_path, "-c", tmp_path / "nginx.conf")


def test_the_broker_is_there_when_the_stream_needs_it(plan: Plan) -> None:
    default = services_of(plan)
    assert default["stream"]["command"][1:5] == [
        "--in",
        "kafka://kafka:9092/comments",
        "--out",
        "kafka://kafka:9092/decisions",
    ]
    assert "comments decisions decisions.windows decisions.late;" in default["topics"]["command"][0]
    named = services_of(with_settings(plan, *TOPICS))
    assert "in out out.windows out.late;" in named["topics"]["command"][0]
    assert {"kafka", "topics"}.isdisjoint(services_of(with_settings(plan, *REDIS)))


def test_what_the_image_lacks_for_the_broker_is_told() -> None:
    assert "kafka://kafka:9092/comments" in lines_for_kafka(StreamSettings())
    assert lines_for_kafka(StreamSettings(input="redis://r:6379/a", output="b.jsonl")) == ""


def test_prometheus_reads_all_services_and_the_shipped_rules(plan: Plan, tmp_path: Path) -> None:
    folder = lay_out(tmp_path, compose_files(plan)) / "prometheus"
    conf = yaml.safe_load((folder / "prometheus.yml").read_text())
    assert conf["scrape_configs"][0]["static_configs"] == [{"targets": ["serve-1:8080", "serve-2:8080"]}]
    said = check(program("promtool"), "check", "rules", folder / "alerts.yml", folder / "stream-alerts.yml")
    assert said.count("SUCCESS") == 2
    # The key is made by `prepare`, and not here.
    (folder / "key").touch()
    here = (folder / "prometheus.yml").read_text().replace("/run/secrets/metrics-key", str(folder / "key"))
    (folder / "prometheus.yml").write_text(here)
    assert "is valid prometheus config file syntax" in check(
        program("promtool"), "check", "config", folder / "prometheus.yml"
    )


def test_grafana_gets_the_shipped_dashboards_and_a_source_for_them(plan: Plan) -> None:
    files = compose_files(plan)
    boards = [json.loads(content) for name, content in files.items() if name.startswith("grafana/dashboards/")]
    assert sorted(board["uid"] for board in boards) == ["surtitle-serve", "surtitle-stream"]
    sources = yaml.safe_load(files["grafana/provisioning/datasources/prometheus.yaml"])["datasources"]
    assert [source["type"] for source in sources] == ["prometheus"]


def test_without_an_image_the_environment_has_to_name_one(plan: Plan) -> None:
    image = services_of(msgspec.structs.replace(plan, image=None))["serve-1"]["image"]
    assert image == "${SURTITLE_IMAGE:?name the image by its digest}"


def test_shellcheck_finds_nothing_in_the_scripts(plan: Plan, tmp_path: Path) -> None:
    folder = lay_out(tmp_path, compose_files(plan))
    check(program("shellcheck"), "--enable=all", *(folder / name for name in sorted(SCRIPTS)))
