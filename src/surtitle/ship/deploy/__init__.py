"""Deployment files: containers, one box, Kubernetes, KServe; sized by a measurement."""

from surtitle.lazy import names_from

_HOME = {
    "Box": "box",
    "Deployed": "planning",
    "Image": "plan",
    "Load": "sizing",
    "Measurement": "sizing",
    "Plan": "plan",
    "Size": "sizing",
    "find_box": "box",
    "find_size": "sizing",
    "make_plan": "planning",
    "parse_image": "plan",
    "write_deployment": "planning",
}
__all__ = sorted(_HOME)
__getattr__ = names_from(__name__, _HOME)
