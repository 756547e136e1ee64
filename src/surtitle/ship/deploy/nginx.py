"""nginx before the service: TLS, limits, slow clients, and another service when one is away."""

import math
from collections.abc import Sequence

import msgspec

from surtitle.ship.deploy.filling import template
from surtitle.ship.deploy.plan import Plan

__all__ = ["Proxy", "nginx_conf"]

_CONNECTIONS = 128


class Proxy(msgspec.Struct, frozen=True, kw_only=True):
    """Where nginx listens, and where its files are.

    Parameters
    ----------
    kind : str
        The command that writes it.
    port : int
        With TLS.
    tls : str
        The folder of ``tls.crt`` and ``tls.key``.
    run : str
        A folder that it may write.
    access_log : str
        Where the lines of requests go.
    upstreams : sequence of str
        The services, each as HOST:PORT.
    local : bool
        Whether they are on this very machine: then one that is away refuses at once, and is simply asked again.
    user : str
        Of nginx' workers, where root starts it; else empty: whoever starts it.
    """

    kind: str
    port: int
    tls: str
    run: str
    access_log: str
    upstreams: Sequence[str]
    local: bool
    user: str = ""


def nginx_conf(plan: Plan, proxy: Proxy) -> str:
    """Return a whole `nginx.conf`."""
    serve = plan.serve
    rate = max(10, math.ceil(2 * plan.load.requests_per_s))
    # Where a host may be gone without a word, it is left alone for a second after the first failure.
    patience = "max_fails=0" if proxy.local else "max_fails=1 fail_timeout=1s"
    read_s = math.ceil(max(serve.grace_s, 10.0)) + 5
    values = {
        "kind": proxy.kind,
        "user": f"user {proxy.user};" if proxy.user else "",
        "port": proxy.port,
        "tls": proxy.tls,
        "run": proxy.run,
        "access_log": proxy.access_log,
        "domain": plan.domain,
        "servers": "\n".join(f"server {each} {patience};" for each in proxy.upstreams),
        "load": f"{plan.load.requests_per_s:g}",
        "rate": rate,
        "burst": rate,
        "connections": _CONNECTIONS,
        "max_body_bytes": serve.max_body_bytes,
        "max_body_words": f"{serve.max_body_bytes:,}",
        "max_header_bytes": serve.max_header_bytes,
        "max_header_words": f"{serve.max_header_bytes:,}",
        "slow_s": math.ceil(serve.slow_s),
        "idle_s": math.ceil(serve.idle_s),
        "upstream_idle_s": max(1, math.floor(serve.idle_s * 0.8)),
        "read_s": read_s,
        "next_s": read_s - 1,
    }
    return template("nginx.conf", values)
