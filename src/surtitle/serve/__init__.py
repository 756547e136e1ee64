"""The HTTP service: decisions, late labels, the Open Inference Protocol, metrics, health.

`serve` is imported when it is first used: the parts that compute need no web framework.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from surtitle.serve.starting import serve

__all__ = ["serve"]


def __getattr__(name: str) -> Any:
    if name != "serve":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from surtitle.serve.starting import serve

    return serve
