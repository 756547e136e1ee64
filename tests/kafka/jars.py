"""Kafka's jars, fetched once from Maven Central by the machine's own Maven."""

import hashlib
import shutil
import subprocess
import uuid
from pathlib import Path

__all__ = ["UnavailableError", "fetch_jars", "java"]

POM = Path(__file__).with_name("pom.xml")
CACHE = Path(__file__).resolve().parents[2] / "build" / "kafka"


class UnavailableError(Exception):
    """This machine cannot run a broker; the message says what is missing."""


def java() -> str:
    """Return the path of Java, or raise `UnavailableError`."""
    path = shutil.which("java")
    if path is None:
        raise UnavailableError(
            "no Kafka broker: Java 17 or newer is not installed (Debian: apt-get install default-jre)"
        )
    return path


def fetch_jars() -> Path:
    """Return the folder with the jars, filled on the first call.

    The folder is named after the pom's hash, so another version of Kafka gets another folder, and is renamed into place
    when it is whole, so two test processes cannot see half of it.

    Raises
    ------
    UnavailableError
        If there is no Maven, or it could not fetch them.
    """
    folder = CACHE / hashlib.sha256(POM.read_bytes()).hexdigest()[:12]
    if folder.is_dir():
        return folder
    maven = shutil.which("mvn")
    if maven is None:
        raise UnavailableError("no Kafka broker: Maven is not installed (Debian: apt-get install maven)")
    CACHE.mkdir(parents=True, exist_ok=True)
    staging = CACHE / f"{folder.name}.{uuid.uuid4().hex[:8]}"
    command = [maven, "-q", "-B", "-f", str(POM), "dependency:copy-dependencies", f"-DoutputDirectory={staging}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        shutil.rmtree(staging, ignore_errors=True)
        raise UnavailableError(f"no Kafka broker: Maven could not fetch it: {done.stdout[-500:]}{done.stderr[-500:]}")
    try:
        staging.rename(folder)
    except OSError:  # another process was first
        shutil.rmtree(staging)
    return folder
