"""Loading a service and measuring its answers, with nothing but the standard library."""

from surtitle.serve.bench.picture import draw_svg, draw_text
from surtitle.serve.bench.run import LoadPlan, run_load
from surtitle.serve.bench.statistics import LoadReport
from surtitle.serve.bench.target import is_loopback, make_requests, parse_target
from surtitle.serve.bench.usage import run_measured_load

__all__ = [
    "LoadPlan",
    "LoadReport",
    "draw_svg",
    "draw_text",
    "is_loopback",
    "make_requests",
    "parse_target",
    "run_load",
    "run_measured_load",
]
