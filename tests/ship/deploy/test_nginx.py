from pathlib import Path

import msgspec
import pytest

from surtitle.project import load_project
from surtitle.ship.deploy.nginx import Proxy, nginx_conf
from surtitle.ship.deploy.plan import Plan
from surtitle.ship.deploy.sizing import Load
from tests.ship.deploy.box import make_certificate
from tests.ship.deploy.checkers import check, program


def proxy_in(folder: Path, **change: object) -> Proxy:
    proxy = Proxy(
        kind="supervisor",
        port=8443,
        tls=str(folder / "tls"),
        run=str(folder),
        access_log="/dev/stdout",
        upstreams=["127.0.0.1:8081", "127.0.0.1:8082"],
        local=True,
    )
    return msgspec.structs.replace(proxy, **change)


@pytest.mark.parametrize(
    "change", [{}, {"local": False}, {"upstreams": [f"127.0.0.1:{port}" for port in range(9000, 9032)]}]
)
def test_nginx_takes_it_without_a_word_of_warning(plan: Plan, tmp_path: Path, change: dict[str, object]) -> None:
    make_certificate(tmp_path / "tls")
    (tmp_path / "nginx.conf").write_text(nginx_conf(plan, proxy_in(tmp_path, **change)))
    said = check(program("nginx"), "-t", "-e", "stderr", "-p", tmp_path, "-c", tmp_path / "nginx.conf")
    assert "warn" not in said
    assert "syntax is ok" in said


def test_the_limits_are_those_of_the_service(plan: Plan, tmp_path: Path) -> None:
    project = load_project(
        tmp_path, ["serve.max_body_bytes=12345", "serve.slow_s=3", "serve.idle_s=10", "serve.grace_s=40"]
    )
    conf = nginx_conf(msgspec.structs.replace(plan, project=project), proxy_in(tmp_path))
    for line in (
        "client_max_body_size 12345;",
        "serve.max_body_bytes = 12,345; send fewer texts",
        "client_body_timeout 3s;",
        "keepalive_timeout 8s;",
        "proxy_read_timeout 45s;",
        "server_name moderation.example.org;",
    ):
        assert line in conf


def test_one_address_may_ask_twice_what_was_planned_for(plan: Plan, tmp_path: Path) -> None:
    for per_s, rate in ((300.0, 600), (0.5, 10)):
        conf = nginx_conf(msgspec.structs.replace(plan, load=Load(requests_per_s=per_s)), proxy_in(tmp_path))
        assert f"rate={rate}r/s;" in conf
        assert f"burst={rate} nodelay;" in conf
