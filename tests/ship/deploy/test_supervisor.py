import configparser
from pathlib import Path

import msgspec
import pytest

from surtitle.errors import UsageError
from surtitle.project import load_project
from surtitle.ship.deploy.box import Box, find_box
from surtitle.ship.deploy.plan import Plan
from surtitle.ship.deploy.supervisor import SCRIPTS, supervisor_files
from tests.ship.deploy.checkers import check, lay_out, program


@pytest.fixture
def box(plan: Plan) -> Box:
    return msgspec.structs.replace(find_box(plan.project, plan.project.root / "deploy/supervisor"), user="opera")


def conf_of(plan: Plan, box: Box) -> configparser.RawConfigParser:
    conf = configparser.RawConfigParser()
    conf.read_string(supervisor_files(plan, box, tls_port=8443)["supervisord.conf"])
    return conf


def test_each_service_has_a_port_of_its_own_and_the_time_it_needs_to_end(plan: Plan, box: Box) -> None:
    conf = conf_of(plan, box)
    assert conf["group:serve"]["programs"] == "serve_8081,serve_8082"
    for port in (8081, 8082):
        service = conf[f"program:serve_{port}"]
        assert f"serve --project {plan.project.root} --host 127.0.0.1 --port {port} --workers 1" in service["command"]
        assert service["stopwaitsecs"] == "24"
        assert service["stopsignal"] == "TERM"
    assert conf["program:nginx"]["stopsignal"] == "QUIT"
    assert conf["supervisord"]["user"] == "opera"


def test_the_stream_takes_events_of_the_service_unless_the_settings_say_otherwise(plan: Plan, box: Box) -> None:
    assert "--in spool:// --out" in conf_of(plan, box)["program:stream"]["command"]
    project = load_project(plan.project.root, ["stream.input=in.jsonl", "stream.output=out.jsonl"])
    command = conf_of(msgspec.structs.replace(plan, project=project), box)["program:stream"]["command"]
    assert command.endswith(f"stream --project {plan.project.root} --follow")


def test_shellcheck_finds_nothing_in_the_scripts(plan: Plan, box: Box, tmp_path: Path) -> None:
    folder = lay_out(tmp_path / "scripts", supervisor_files(plan, box, tls_port=8443))
    check(program("shellcheck"), "--enable=all", *(folder / name for name in sorted(SCRIPTS)))


def test_keys_of_tls_are_kept_out_of_version_control(plan: Plan, box: Box) -> None:
    assert supervisor_files(plan, box, tls_port=8443)[".gitignore"] == "tls/\n"


def test_a_path_that_is_too_long_for_a_socket_is_refused(plan: Plan, box: Box) -> None:
    with pytest.raises(UsageError, match="too long for a socket"):
        supervisor_files(plan, msgspec.structs.replace(box, state="/" + "a" * 100), tls_port=8443)


def test_a_user_that_is_not_there_is_refused(plan: Plan) -> None:
    with pytest.raises(UsageError, match="useradd"):
        find_box(plan.project, plan.project.root, user="nobody-of-that-name")


def test_a_folder_that_means_something_to_a_unit_is_refused(plan: Plan) -> None:
    with pytest.raises(UsageError, match="unit file"):
        find_box(plan.project, plan.project.root / "my files")
