"""Starting the service: what it needs is checked, the socket bound, then the supervisor takes over."""

import logging
import socket
import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial
from importlib.util import find_spec

from surtitle.errors import MissingExtraError, SettingsError, SurroundingsError
from surtitle.project import Project
from surtitle.registry import Registry
from surtitle.serve.announcing import announce, withdraw
from surtitle.serve.keys import Keys, parse_keys
from surtitle.serve.supervisor import Serving, Supervisor

__all__ = ["load_keys", "serve"]

_KEYS_VARIABLE = "SURTITLE_KEYS"
_BACKLOG = 2048
_CHAMPION = "champion"
_log = logging.getLogger("surtitle.serve")


def load_keys(project: Project, environ: Mapping[str, str]) -> Keys:
    """Return the API keys of the file that the settings name and of the environment.

    Raises
    ------
    SettingsError
        If the file is not there, holds no key, or a line is wrong.
    """
    found: dict[str, str] = {}
    name = project.settings.serve.keys_file
    if name:
        path = project.root / name
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"serve.keys_file: {path} cannot be read: {error}") from error
        found.update(parse_keys(text, where=str(path)))
        if not found:
            # Whoever names a file wants nobody else let in; without keys everybody would be.
            raise SettingsError(f"serve.keys_file: {path} holds no key; make one with: surtitle serve --new-key NAME")
    found.update(parse_keys(environ.get(_KEYS_VARIABLE, ""), where=f"${_KEYS_VARIABLE}"))
    return Keys(found)


def serve(project: Project, *, environ: Mapping[str, str], on_ready: Callable[[Serving], None]) -> int:
    """Serve a project's champion until SIGTERM or Ctrl-C.

    Parameters
    ----------
    project : Project
        Its `[serve]` says how.
    environ : mapping of str to str
        For API keys.
    on_ready : callable
        Told when all workers answer.

    Returns
    -------
    int
        0 when all work in flight was ended in time, else 1.

    Raises
    ------
    MissingExtraError
        If the web packages are not installed.
    SettingsError
        If the API keys cannot be used.
    SurtitleError
        If there is no champion, or it is damaged.
    SurroundingsError
        If the address is taken.
    """
    _check_packages()
    keys = load_keys(project, environ)
    settings = project.settings.serve
    Registry(project.registry).find(_CHAMPION)
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="surtitle-metrics-"))
        listener = stack.enter_context(_bind(settings.host, settings.port))
        if not _is_loopback(settings.host) and not keys:
            _log.warning(
                "anybody who can reach %s can use this service: set serve.keys_file, or let it listen on 127.0.0.1 "
                "behind a proxy that checks who asks",
                settings.host,
            )
        stack.callback(withdraw, project.state)
        return Supervisor(project, keys, listener, folder, partial(_tell, project, on_ready)).run()


def _tell(project: Project, on_ready: Callable[[Serving], None], serving: Serving) -> None:
    try:
        project.state.mkdir(exist_ok=True)
        announce(project.state, serving)
    except OSError as error:
        _log.warning("surtitle serve --check will not find this service: %s", error)
    on_ready(serving)


def _check_packages() -> None:
    for package in ("uvicorn", "uvloop", "httptools", "starlette", "prometheus_client"):
        if find_spec(package) is None:
            raise MissingExtraError(package, "serve")


def _bind(host: str, port: int) -> socket.socket:
    try:
        info = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        listener = socket.create_server(info[4][:2], family=info[0], backlog=_BACKLOG)
    except OSError as error:
        raise SurroundingsError(
            f"cannot listen on {host}:{port}: {error.strerror}; choose another with --port or --host"
        ) from error
    listener.setblocking(False)
    return listener


def _is_loopback(host: str) -> bool:
    return host in ("localhost", "::1") or host.startswith("127.")
