"""One box without containers, by systemd: sandboxed units for the services, nginx, the stream and the watch."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from surtitle.errors import UsageError
from surtitle.ship.deploy.box import Box, stream_folders, stream_is_local, stream_options, writable_folders
from surtitle.ship.deploy.filling import template
from surtitle.ship.deploy.nginx import Proxy, nginx_conf
from surtitle.ship.deploy.plan import Plan, check_path

__all__ = ["SCRIPTS", "systemd_files"]

SCRIPTS = frozenset({"install", "rolling-restart"})
_LOCAL = "IPAddressDeny=any\nIPAddressAllow=localhost"
_WATCH_MB = 2048
_HOMES = ("/home/", "/root/", "/run/user/")


def systemd_files(plan: Plan, box: Box, *, tls_port: int) -> Mapping[str, str]:
    """Return the files by name.

    Parameters
    ----------
    plan : Plan
        What to deploy.
    box : Box
        This machine.
    tls_port : int
        Of nginx.

    Raises
    ------
    UsageError
        If root is to run it, or a path cannot stand in a unit.
    """
    if box.user == "root":
        raise UsageError(
            "the units are not to run as root; make a user with: useradd --system NAME, and name it with --user"
        )
    ports = [plan.port_of(each) for each in range(1, plan.size.instances + 1)]
    unit = f"surtitle-{plan.name}"
    run, etc = f"/run/{unit}", f"/etc/surtitle/{plan.name}"
    serves = [f"{unit}-serve@{port}.service" for port in ports]
    names = {
        "serve.service": f"{unit}-serve@.service",
        "stream.service": f"{unit}-stream.service",
        "watch.service": f"{unit}-watch.service",
        "watch.timer": f"{unit}-watch.timer",
        "proxy.service": f"{unit}-proxy.service",
        "surtitle.target": f"{unit}.target",
    }
    values = {
        "kind": "systemd",
        "name": plan.name,
        "unit": unit,
        "root": box.root,
        "folder": box.folder,
        "run": run,
        "etc": etc,
        "program": box.program,
        "python": box.python,
        "nginx": box.nginx,
        "host": plan.host,
        "port": tls_port,
        "workers": plan.size.workers,
        "memory_mb": plan.size.memory_mb,
        "watch_mb": _WATCH_MB,
        "stop_s": plan.stop_s,
        "stream": stream_options(plan.project),
        "serves": " ".join(serves),
        "ports": " ".join(map(str, ports)),
        "restart": f'systemctl restart "{unit}-serve@${{port}}.service"',
        "all": " ".join([*serves, names["stream.service"], names["watch.timer"], names["proxy.service"]]),
        "units": " ".join(f"{box.folder}/{name}" for name in names.values()),
    }
    state = writable_folders(plan.project)
    boxes = {
        "serve.service": _sandbox(box, state, network=_LOCAL),
        "stream.service": _sandbox(
            box, stream_folders(plan.project), network=_LOCAL if stream_is_local(plan.project) else ""
        ),
        "watch.service": _sandbox(box, state, network=_LOCAL),
        "proxy.service": _sandbox(box, [], capabilities="CAP_NET_BIND_SERVICE" if tls_port < 1024 else ""),
    }
    proxy = Proxy(
        kind="systemd",
        port=tls_port,
        tls=f"/run/credentials/{names['proxy.service']}",
        run=run,
        access_log=f"syslog:server=unix:/dev/log,nohostname,tag={unit.replace('-', '_')}",
        upstreams=[f"127.0.0.1:{port}" for port in ports],
        local=True,
    )
    units = {name: template(source, {**values, "sandbox": boxes.get(source, "")}) for source, name in names.items()}
    return {
        **units,
        "nginx.conf": nginx_conf(plan, proxy),
        **{name: template(name, values) for name in sorted(SCRIPTS)},
    }


def _sandbox(box: Box, writable: Sequence[Path], *, network: str = "", capabilities: str = "") -> str:
    paths = [check_path(path, "the stream's output") for path in writable]
    values = {
        "user": box.user,
        "capabilities": capabilities,
        "writable": f"ReadWritePaths={' '.join(paths)}" if paths else "",
        # Where the project or its program lives in a home, homes can still be read.
        "home": "read-only"
        if any(path.startswith(_HOMES) for path in (box.root, box.program, box.base, box.folder))
        else "yes",
        "network": network,
    }
    return template("sandbox.conf", values)
