"""One box without containers, by supervisord: services, nginx before them, the stream."""

from collections.abc import Mapping

from surtitle.errors import UsageError
from surtitle.ship.deploy.box import Box, stream_options
from surtitle.ship.deploy.filling import template
from surtitle.ship.deploy.nginx import Proxy, nginx_conf
from surtitle.ship.deploy.plan import Plan

__all__ = ["SCRIPTS", "supervisor_files"]

SCRIPTS = frozenset({"start", "rolling-restart"})
_RUN = "run"
_LONGEST_SOCKET = 90  # sun_path holds 107 bytes, and supervisord makes the socket under a longer name first


def supervisor_files(plan: Plan, box: Box, *, tls_port: int) -> Mapping[str, str]:
    """Return the files by name.

    Parameters
    ----------
    plan : Plan
        What to deploy.
    box : Box
        This machine.
    tls_port : int
        Of nginx, with TLS.

    Raises
    ------
    UsageError
        If the project's path is too long for a socket in it.
    """
    run = f"{box.state}/{_RUN}"
    if len(run) > _LONGEST_SOCKET:
        raise UsageError(f"{run} is too long for a socket; move the project to a shorter path")
    ports = [plan.port_of(each) for each in range(1, plan.size.instances + 1)]
    values = {
        "root": box.root,
        "folder": box.folder,
        "run": run,
        "tls": box.tls,
        "user": box.user,
        "program": box.program,
        "python": box.python,
        "nginx": box.nginx,
        "host": plan.host,
        "workers": plan.size.workers,
        "stop_s": plan.stop_s,
        "stream": stream_options(plan.project),
        "names": ",".join(f"serve_{port}" for port in ports),
        "ports": " ".join(map(str, ports)),
        "kind": "supervisor",
        "restart": f'supervisorctl -c {box.folder}/supervisord.conf restart "serve:serve_${{port}}"',
    }
    services = [template("supervisord-service.conf", {**values, "port": each}) for each in ports]
    proxy = Proxy(
        kind="supervisor",
        port=tls_port,
        tls=box.tls,
        run=run,
        access_log="/dev/stdout",
        upstreams=[f"127.0.0.1:{each}" for each in ports],
        local=True,
        # Its workers would else be nobody's, and nobody may not write where bodies are gathered.
        user="root" if box.user == "root" else "",
    )
    return {
        "supervisord.conf": template("supervisord.conf", {**values, "services": "".join(services).rstrip("\n")}),
        "nginx.conf": nginx_conf(plan, proxy),
        ".gitignore": "tls/\n",
        **{name: template(name, values) for name in sorted(SCRIPTS)},
    }
