import configparser
import ctypes
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest

from surtitle.errors import UsageError
from surtitle.project import load_project
from surtitle.ship.deploy.box import Box, find_box
from surtitle.ship.deploy.plan import Plan
from surtitle.ship.deploy.systemd import SCRIPTS, systemd_files
from tests.ship.deploy.checkers import check, lay_out, program

UNIT = "surtitle-opera-comments"
PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN = 65, 1


@pytest.fixture
def box(plan: Plan) -> Box:
    return msgspec.structs.replace(
        find_box(plan.project, plan.project.root / "deploy/systemd"), user="daemon", nginx=program("nginx")
    )


@pytest.fixture
def files(plan: Plan, box: Box) -> Mapping[str, str]:
    return systemd_files(plan, box, tls_port=443)


def section(text: str, name: str) -> configparser.SectionProxy:
    conf = configparser.RawConfigParser(strict=False)  # a directive may stand twice
    conf.optionxform = str  # type: ignore[assignment,method-assign]  # as the standard library says to keep capitals
    conf.read_string(text)
    return conf[name]


def units_in(folder: Path, files: Mapping[str, str]) -> list[Path]:
    """Lay the units out as systemd would find them: the template under the names of its instances."""
    lay_out(folder, files)
    names = [name for name in files if name.startswith("surtitle-") and "@" not in name]
    return [folder / name for name in names] + [folder / f"{UNIT}-serve@8081.service"]


def test_systemd_takes_every_unit(files: Mapping[str, str], tmp_path: Path) -> None:
    analyze = program("systemd-analyze")
    units = units_in(tmp_path / "units", files)
    (tmp_path / f"units/{UNIT}-serve@8081.service").write_text(files[f"{UNIT}-serve@.service"])
    said = check(analyze, "verify", "--man=no", "--recursive-errors=no", *units)
    ours = [line for line in said.splitlines() if "surtitle" in line]
    assert ours == []


def test_each_unit_is_well_sandboxed_by_systemds_own_measure(files: Mapping[str, str], tmp_path: Path) -> None:
    analyze = program("systemd-analyze")
    units_in(tmp_path / "units", files)
    for name in (f"{UNIT}-serve@.service", f"{UNIT}-stream.service", f"{UNIT}-watch.service", f"{UNIT}-proxy.service"):
        said = check(analyze, "security", "--offline=true", "--no-pager", tmp_path / "units" / name)
        exposure = re.search(r"Overall exposure level for \S+: ([\d.]+)", said)
        assert exposure, said
        # 10 is no sandbox at all; below 3 it calls it OK. nginx is open to the network, which counts.
        assert float(exposure[1]) < 2.5, said


def test_a_service_may_write_its_state_and_nothing_else(files: Mapping[str, str], plan: Plan) -> None:
    for unit in ("serve@", "stream", "watch"):
        service = section(files[f"{UNIT}-{unit}.service"], "Service")
        assert service["ReadWritePaths"] == str(plan.project.state)
        assert service["ProtectSystem"] == "strict"
        assert service["CapabilityBoundingSet"] == ""
        assert service["IPAddressDeny"] == "any"
        assert service["User"] == "daemon"
    assert "ReadWritePaths" not in section(files[f"{UNIT}-proxy.service"], "Service")


def test_the_proxy_may_bind_a_low_port_only_where_it_has_to(files: Mapping[str, str], plan: Plan, box: Box) -> None:
    assert section(files[f"{UNIT}-proxy.service"], "Service")["CapabilityBoundingSet"] == "CAP_NET_BIND_SERVICE"
    high = systemd_files(plan, box, tls_port=8443)
    assert section(high[f"{UNIT}-proxy.service"], "Service")["CapabilityBoundingSet"] == ""


def test_the_target_starts_everything_and_the_timer_the_watch(files: Mapping[str, str]) -> None:
    wanted = section(files[f"{UNIT}.target"], "Unit")["Wants"].split()
    assert wanted == [
        f"{UNIT}-serve@8081.service",
        f"{UNIT}-serve@8082.service",
        f"{UNIT}-stream.service",
        f"{UNIT}-watch.timer",
        f"{UNIT}-proxy.service",
    ]
    assert section(files[f"{UNIT}-watch.timer"], "Timer")["OnCalendar"] == "hourly"


def test_a_stream_that_speaks_to_a_broker_may_reach_it_and_its_files(plan: Plan, box: Box) -> None:
    settings = ["stream.input=kafka://broker:9092/in", "stream.output=out/decisions.jsonl"]
    there = msgspec.structs.replace(plan, project=load_project(plan.project.root, settings))
    service = section(systemd_files(there, box, tls_port=443)[f"{UNIT}-stream.service"], "Service")
    assert "IPAddressDeny" not in service
    assert service["ReadWritePaths"] == f"{plan.project.state} {plan.project.root}/out"


def test_homes_can_be_read_only_where_something_of_it_lives_there(plan: Plan, box: Box) -> None:
    for base, home in (("/usr", "yes"), ("/home/opera/.pyenv/versions/3.13", "read-only")):
        there = msgspec.structs.replace(box, base=base, program="/srv/venv/bin/surtitle")
        service = section(systemd_files(plan, there, tls_port=443)[f"{UNIT}-serve@.service"], "Service")
        assert service["ProtectHome"] == home


def test_nothing_runs_as_root(plan: Plan, box: Box) -> None:
    with pytest.raises(UsageError, match="not to run as root"):
        systemd_files(plan, msgspec.structs.replace(box, user="root"), tls_port=443)


def test_shellcheck_finds_nothing_in_the_scripts(files: Mapping[str, str], tmp_path: Path) -> None:
    folder = lay_out(tmp_path / "scripts", files)
    check(program("shellcheck"), "--enable=all", *(folder / name for name in sorted(SCRIPTS)))


def test_what_is_run_does_without_memory_that_is_written_and_then_executed(garden_once: Path) -> None:
    """`MemoryDenyWriteExecute=`, as the kernel itself holds it where there is no systemd."""

    def deny() -> None:
        if ctypes.CDLL(None).prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0) != 0:
            os._exit(77)

    command = [sys.executable, "-m", "surtitle.cli", "score", "you dummy", "--project", str(garden_once), "--json"]
    done = subprocess.run(command, preexec_fn=deny, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode == 77:
        pytest.skip("this kernel is older than 6.3, and cannot deny it")
    assert done.returncode == 0, done.stderr
