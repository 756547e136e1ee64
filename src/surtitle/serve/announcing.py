"""Where the services of a project listen, told in ``.surtitle/serving``, so that a health check can find them.

A check that was told the port on its own would go on asking the old one after somebody has changed it. Services on
other machines, or in other containers, may share the folder: each machine asks only its own.
"""

import http.client
import os
import re
import socket
from contextlib import suppress
from pathlib import Path

import msgspec

from surtitle.replacing import replacing
from surtitle.serve.supervisor import Serving

__all__ = ["FOLDER_NAME", "announce", "is_ready", "withdraw"]

FOLDER_NAME = "serving"
_UNSAFE = re.compile(r"[^A-Za-z0-9.-]")


class _Place(msgspec.Struct, frozen=True):
    machine: str
    host: str
    port: int
    pid: int

    @property
    def is_gone(self) -> bool:
        """Whether its process is, which is on this machine."""
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        except OSError:  # somebody else's
            return False
        return False


def announce(folder: Path, serving: Serving) -> None:
    """Tell where a service listens, and forget those of this machine that have ended without a word.

    Raises
    ------
    OSError
        If the folder may not be written.
    """
    host, _, port = serving.url.removeprefix("http://").rpartition(":")
    for path, place in _told_here(folder):
        if place.is_gone or place.pid == serving.pid:  # in a container, the one before had this number, too
            path.unlink(missing_ok=True)
    place = _Place(_machine(), host.strip("[]"), int(port), serving.pid)
    home = folder / FOLDER_NAME
    home.mkdir(exist_ok=True)
    with replacing(home / f"{_UNSAFE.sub('_', place.machine)}-{place.port}.json") as beside:
        beside.write_bytes(msgspec.json.encode(place))


def withdraw(folder: Path) -> None:
    """Take back what this process has told; what others have told stays."""
    for path, place in _told_here(folder):
        if place.pid == os.getpid():
            with suppress(OSError):
                path.unlink()


def is_ready(folder: Path, *, timeout_s: float, port: int | None = None) -> tuple[bool, str]:
    """Ask the services that were announced on this machine whether they are ready to decide.

    Parameters
    ----------
    folder : Path
        The project's state folder.
    timeout_s : float
        How long each may take to answer.
    port : int, optional
        Of the one that is asked; all are, without it, but for those that were killed where another lives.

    Returns
    -------
    tuple of bool and str
        Whether they all are, and what was seen.

    Examples
    --------
    >>> is_ready(Path("/nowhere"), timeout_s=1.0)
    (False, 'no service has been announced in /nowhere')
    """
    places = [place for _, place in _told_here(folder) if port in (None, place.port)]
    alive = [place for place in places if not place.is_gone]
    answers = [_ask(place, timeout_s) for place in alive or places]
    if not answers:
        wanted = "" if port is None else f" for port {port}"
        return False, f"no service has been announced in {folder}{wanted}"
    return all(ready for ready, _ in answers), "; ".join(seen for _, seen in answers)


def _ask(place: _Place, timeout_s: float) -> tuple[bool, str]:
    connection = http.client.HTTPConnection(place.host, place.port, timeout=timeout_s)
    try:
        connection.request("GET", "/readyz")
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return False, f"{place.host}:{place.port} does not answer: {error or type(error).__name__}"
    finally:
        connection.close()
    return status == http.client.OK, f"{place.host}:{place.port} answers {status}"


def _machine() -> str:
    return socket.gethostname()


def _told_here(folder: Path) -> list[tuple[Path, _Place]]:
    """Return what services of this machine have told, in the order of their files."""
    paths = sorted((folder / FOLDER_NAME).glob("*.json"))
    told = [(path, place) for path in paths if (place := _read(path)) is not None]
    return [(path, place) for path, place in told if place.machine == _machine()]


def _read(path: Path) -> _Place | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Place)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None
