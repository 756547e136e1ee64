"""Images built and run for real, without a server of Docker's: buildah, podman and runc, on a base of debootstrap's."""

import http.client
import json
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.ship.image.conftest import Shipped
from tests.ship.image.machines import BASE

pytestmark = pytest.mark.slow

IMAGE = "localhost/garden:oci"
BUDGET_MB = 300
STRANGER = ("--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges",
            "--memory", "512m", "--pids-limit", "64")  # fmt: skip
INFER = (
    "import json, sys, urllib.request as r; "
    "body = {'inputs': [{'name': 'text', 'shape': [1], 'datatype': 'BYTES', 'data': ['you dummy']}]}; "
    "q = r.Request(sys.argv[1] + '/v2/models/garden/infer', json.dumps(body).encode()); "
    "print(r.urlopen(q, timeout=10).read().decode())"
)
DECIDE = (
    "import sys, urllib.request as r; "
    "r.urlopen(r.Request(sys.argv[1] + '/decide', b'{\"text\": \"you dummy\"}'), timeout=10).read()"
)


class Container:
    """One that runs the service."""

    def __init__(self, shipped: Shipped, name: str, port: int) -> None:
        self._shipped = shipped
        self.name = name
        self.port = port

    def run(self, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a program in it, as its user."""
        return self._shipped.machine.call("podman", "exec", self.name, *command, check=check)

    def call(self, *command: str) -> str:
        return self._shipped.machine.call("podman", *command, self.name).stdout.strip()

    def python(self, code: str, *arguments: str) -> str:
        return self.run("python3", "-c", code, *arguments).stdout.strip()

    def is_healthy(self) -> bool:
        """Do what its HEALTHCHECK says."""
        return self.run("surtitle", "serve", "--check", check=False).returncode == 0


@contextmanager
def running(shipped: Shipped, *, image: str = IMAGE) -> Iterator[Container]:
    """Run an image as somebody without rights; it is removed at the end."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    name = f"garden-{port}"
    command = ("podman", "run", "--detach", "--name", name, *STRANGER, image, "serve", "--port", str(port))
    shipped.machine.call(*command)
    container = Container(shipped, name, port)
    try:
        until(container.is_healthy)
        yield container
    finally:
        shipped.machine.call("podman", "rm", "--force", "--volumes", "--time", "0", name)


def until(happens: Callable[[], bool], patience_s: float = 60.0) -> None:
    end = time.monotonic() + patience_s
    while not happens():
        assert time.monotonic() < end, "it does not happen"
        time.sleep(0.1)


def metrics(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        return str(answer.read().decode())


def test_the_same_files_give_the_same_digest(shipped: Shipped) -> None:
    again = shipped.machine.build(shipped.project, "--tag", "localhost/garden:again", house=shipped.house)["image"]
    first = shipped.told["image"]
    assert first["digest"].startswith("sha256:")
    assert (again["digest"], again["id"]) == (first["digest"], first["id"])


def test_it_keeps_to_its_budget_beyond_the_base(shipped: Shipped) -> None:
    base = shipped.machine.inspect(BASE)["Size"]
    beyond_mb = (shipped.told["image"]["bytes"] - base) / 1e6
    print(f"{beyond_mb:.0f} MB beyond the base")
    assert 50 < beyond_mb < BUDGET_MB


def test_it_says_what_it_is(shipped: Shipped) -> None:
    config = shipped.machine.inspect(IMAGE)["Config"]
    labels = {name.removeprefix("org.opencontainers.image."): value for name, value in config["Labels"].items()}
    assert labels["title"] == "garden"
    assert labels["version"] == "1"
    assert labels["created"] == "2026-06-01T00:00:00Z"
    assert labels["base.digest"].startswith("sha256:")
    assert labels["security.contact"] == "mailto:security@example.org"
    assert {"description", "licenses", "revision", "base.name"} <= labels.keys()
    assert (config["User"], config["Entrypoint"], config["Cmd"]) == ("10001:10001", ["surtitle"], ["serve"])
    assert config["StopSignal"] == "SIGTERM"
    assert not [line for line in config["Env"] if "pip" in line.lower()]


def test_its_files_are_those_of_root_and_nothing_in_it_builds(shipped: Shipped, tmp_path: Path) -> None:
    machine = shipped.machine
    machine.call("skopeo", "copy", "--quiet", f"containers-storage:{IMAGE}", f"oci:{tmp_path / 'layout'}:garden")
    machine.call("umoci", "unpack", "--image", f"{tmp_path / 'layout'}:garden", tmp_path / "unpacked")
    root = tmp_path / "unpacked/rootfs"
    own = [path for folder in ("opt/surtitle", "srv/surtitle") for path in (root / folder).rglob("*")]
    state = root / "srv/surtitle/.surtitle"
    assert len(own) > 1000
    assert (state.stat().st_uid, state.stat().st_mode & 0o777) == (10_001, 0o700)
    for path in own:
        found = path.lstat()
        assert path == state or (found.st_uid, found.st_gid) == (0, 0), path
        assert path == state or path.is_symlink() or not found.st_mode & 0o022, path
    everything = [path for path in root.rglob("*") if not path.is_symlink()]
    assert not [path for path in everything if path.is_file() and path.stat().st_mode & 0o6000]
    assert not {path.name for path in everything} & {"pip", "setuptools", "ensurepip", "report.html", "comments.csv"}
    assert not {path.name for path in root.rglob("bin/*")} & {"gcc", "cc", "make", "git", "curl", "wget", "pip3"}
    assert not [path for path in everything if path.suffix == ".whl"]


def test_it_holds_the_packages_of_its_lock_and_no_others(shipped: Shipped) -> None:
    lock = (shipped.project / "requirements-serve.txt").read_text()
    locked = {line.split(" ")[0] for line in lock.splitlines() if "==" in line}
    code = "from importlib.metadata import distributions as d; print(*(f'{x.name}=={x.version}' for x in d()))"
    with running(shipped) as container:
        installed = {name.lower().replace("_", "-") for name in container.python(code).split()}
        for missing in ("spacy", "duckdb", "pyarrow", "sklearn", "pip"):
            assert container.run("python3", "-c", f"import {missing}", check=False).returncode == 1, missing
    assert installed == locked


def test_it_serves_as_somebody_without_rights_on_a_disk_that_is_read_only(shipped: Shipped) -> None:
    with running(shipped) as container:
        answer = json.loads(container.python(INFER, f"http://127.0.0.1:{container.port}"))
        assert {output["name"] for output in answer["outputs"]} >= {"score", "label", "action"}
        status = dict(
            line.split(":\t", 1) for line in container.run("cat", "/proc/1/status").stdout.splitlines() if ":\t" in line
        )
        assert status["Uid"].split() == ["10001"] * 4
        assert {int(status[name], 16) for name in ("CapPrm", "CapEff", "CapBnd", "CapAmb")} == {0}
        assert status["NoNewPrivs"] == "1"
        for place in ("/srv/surtitle/x", "/opt/surtitle/x", "/etc/x"):
            assert container.run("touch", place, check=False).returncode != 0
        container.python(DECIDE, f"http://127.0.0.1:{container.port}")
        until(lambda: container.run("test", "-s", "/srv/surtitle/.surtitle/decided.db", check=False).returncode == 0)
        limits = container.call("inspect", "--format", "{{.HostConfig.Memory}} {{.HostConfig.PidsLimit}}")
        assert limits == f"{512 << 20} 64"
        assert _limit(container, "memory", "memory.limit_in_bytes", "memory.max") == 512 << 20
        assert _limit(container, "pids", "pids.max", "pids.max") == 64


def _limit(container: Container, controller: str, old: str, new: str) -> int:
    """Return what the kernel holds the container to, with control groups of either version."""
    host = Path("/sys/fs/cgroup")
    pid = container.call("inspect", "--format", "{{.State.Pid}}")
    groups = [line.split(":", 2) for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines()]
    path = next((path for _, names, path in groups if controller in names.split(",")), None)
    if path is not None:
        return int((host / controller / path.lstrip("/") / old).read_text())
    unified = next(path for number, _, path in groups if number == "0")
    return int((host / unified.lstrip("/") / new).read_text())


def test_the_health_check_follows_the_port_and_sees_a_service_that_hangs(shipped: Shipped, tmp_path: Path) -> None:
    # The format of OCI has no place for a health check: the same layers once more, in that of Docker.
    machine, image = shipped.machine, "localhost/garden:docker"
    last = (shipped.project / "Dockerfile").read_text().partition("STOPSIGNAL")[2]
    (tmp_path / "Dockerfile").write_text(f"FROM {IMAGE}\nSTOPSIGNAL{last}")
    machine.call("buildah", "build", "--format", "docker", "--pull-never", "--tag", image, tmp_path)
    with running(shipped, image=image) as container:
        check = ("podman", "healthcheck", "run", container.name)
        until(lambda: machine.call(*check, check=False).returncode == 0)
        assert f":{container.port} answers 200" in container.run("surtitle", "serve", "--check").stdout
        worker = container.run("cat", "/proc/1/task/1/children").stdout.split()[0]
        container.run("sh", "-c", f"kill -STOP {worker}")
        assert machine.call(*check, check=False).returncode != 0
        container.run("sh", "-c", f"kill -CONT {worker}")
        until(lambda: machine.call(*check, check=False).returncode == 0)


def test_a_container_without_a_service_is_not_healthy(shipped: Shipped) -> None:
    command = ("podman", "run", "--rm", *STRANGER, IMAGE, "serve", "--check")
    done = shipped.machine.call(*command, check=False)
    assert (done.returncode, "no service has been announced" in done.stdout) == (1, True)


def test_sigterm_with_requests_in_flight_ends_in_good_order(shipped: Shipped) -> None:
    body = json.dumps({"text": "you dummy"}).encode()
    with running(shipped) as container:
        connection = http.client.HTTPConnection("127.0.0.1", container.port, timeout=30)
        connection.putrequest("POST", "/decide")
        connection.putheader("Content-Type", "application/json")
        connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body[:5])
        until(lambda: "surtitle_in_flight 1.0" in metrics(container.port))
        container.call("kill", "--signal", "TERM")
        began = time.monotonic()
        connection.send(body[5:])
        answer = connection.getresponse()
        assert (answer.status, json.loads(answer.read())["action"] in ("review", "remove", "allow")) == (200, True)
        connection.close()
        assert container.call("wait") == "0"
        assert time.monotonic() - began < 21.0
