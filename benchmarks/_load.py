"""Load from wrk where it is there, else from our own tool: a closed loop of a few connections on one core."""

import json
import os
import re
import shutil
import subprocess
import tempfile
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from surtitle.serve.bench import LoadPlan, parse_target, run_load

CONNECTIONS = 8
_WRK = """
local bodies = {}
for line in io.lines("%s") do bodies[#bodies + 1] = line end
local headers = {["Content-Type"] = "application/json"}
local turn = 0
request = function()
  turn = turn %% #bodies + 1
  return wrk.format("POST", nil, headers, bodies[turn])
end
"""
_UNITS = {"us": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4}


@dataclass(frozen=True)
class Loaded:
    """What a load generator saw."""

    tool: str
    requests: int
    per_s: float
    p50_ms: float
    p99_ms: float
    failed: int


def load(url: str, bodies: Sequence[object], seconds: float, core: int) -> Loaded:
    """Ask for so long, each connection again when it has its answer."""
    lines = [json.dumps(body) for body in bodies]
    wrk = shutil.which("wrk")
    return _own(url, lines, seconds) if wrk is None else _wrk(wrk, url, lines, seconds, core)


def ask_once(url: str, body: object) -> None:
    """Ask for the first answer, for which a server may still have much to load."""
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        answer.read()


def _wrk(wrk: str, url: str, lines: list[str], seconds: float, core: int) -> Loaded:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "bodies.txt").write_text("\n".join(lines), encoding="utf-8")
        (folder / "post.lua").write_text(_WRK % (folder / "bodies.txt"), encoding="utf-8")
        command = [wrk, "-t1", f"-c{CONNECTIONS}", f"-d{max(1, round(seconds))}s", "--latency", "-s"]
        done = subprocess.run(
            [*command, str(folder / "post.lua"), url],
            capture_output=True,
            text=True,
            check=True,
            preexec_fn=lambda: os.sched_setaffinity(0, {core}),
        )
    told = done.stdout
    failed = sum(int(number) for number in re.findall(r"Non-2xx or 3xx responses: (\d+)", told))
    failed += sum(map(int, re.findall(r"(?:connect|read|write|timeout) (\d+)", told)))
    return Loaded(
        tool="wrk",
        requests=int(_first(r"(\d+) requests in", told)),
        per_s=float(_first(r"Requests/sec:\s+([\d.]+)", told)),
        p50_ms=_ms(told, "50%"),
        p99_ms=_ms(told, "99%"),
        failed=failed,
    )


def _first(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    if found is None:
        raise ValueError(f"wrk does not tell {pattern}: {text}")
    return found[1]


def _ms(told: str, quantile: str) -> float:
    found = re.search(rf"{quantile}\s+([\d.]+)(us|ms|s|m)", told)
    if found is None:
        raise ValueError(f"wrk does not tell the latency at {quantile}: {told}")
    return float(found[1]) * _UNITS[found[2]]


def _own(url: str, lines: list[str], seconds: float) -> Loaded:
    target = parse_target(url)
    head = f"POST {target.path} HTTP/1.1\r\nHost: {target.host}\r\nContent-Type: application/json\r\nContent-Length: "
    requests = [f"{head}{len(body.encode())}\r\n\r\n{body}".encode() for body in lines]
    report = run_load(target, requests, LoadPlan(connections=CONNECTIONS, seconds=seconds))
    failed = sum(report.failed.values())
    return Loaded(
        "surtitle bench", report.answered + failed, report.per_s, report.p50_ms or 0.0, report.p99_ms or 0.0, failed
    )
