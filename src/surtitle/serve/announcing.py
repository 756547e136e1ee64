"""Where the service of a project listens, told in ``.surtitle/serving.json``, so that a health check can find it.

A check that was told the port on its own would go on asking the old one after somebody has changed it.
"""

import http.client
import os
from contextlib import suppress
from pathlib import Path

import msgspec

from surtitle.serve.supervisor import Serving

__all__ = ["FILE_NAME", "announce", "is_ready", "withdraw"]

FILE_NAME = "serving.json"


class _Place(msgspec.Struct, frozen=True):
    host: str
    port: int
    pid: int


def announce(folder: Path, serving: Serving) -> None:
    """Tell where the service listens.

    Raises
    ------
    OSError
        If the folder may not be written.
    """
    host, _, port = serving.url.removeprefix("http://").rpartition(":")
    draft = folder / f".{FILE_NAME}.{serving.pid}.part"
    draft.write_bytes(msgspec.json.encode(_Place(host.strip("[]"), int(port), serving.pid)))
    draft.replace(folder / FILE_NAME)


def withdraw(folder: Path) -> None:
    """Take back what this process has told; what another has told since stays."""
    place = _read(folder)
    if place is not None and place.pid == os.getpid():
        with suppress(OSError):
            (folder / FILE_NAME).unlink()


def is_ready(folder: Path, *, timeout_s: float) -> tuple[bool, str]:
    """Ask the service that was announced whether it is ready to decide.

    Parameters
    ----------
    folder : Path
        The project's state folder.
    timeout_s : float
        How long it may take to answer.

    Returns
    -------
    tuple of bool and str
        Whether it is, and what was seen.

    Examples
    --------
    >>> is_ready(Path("/nowhere"), timeout_s=1.0)
    (False, 'no service has been announced in /nowhere')
    """
    place = _read(folder)
    if place is None:
        return False, f"no service has been announced in {folder}"
    connection = http.client.HTTPConnection(place.host, place.port, timeout=timeout_s)
    try:
        connection.request("GET", "/readyz")
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return False, f"{place.host}:{place.port} does not answer: {error or type(error).__name__}"
    finally:
        connection.close()
    return status == http.client.OK, f"{place.host}:{place.port} answers {status}"


def _read(folder: Path) -> _Place | None:
    try:
        return msgspec.json.decode((folder / FILE_NAME).read_bytes(), type=_Place)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None
