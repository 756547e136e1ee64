"""`surtitle ship`: Write images, pipelines and deployment files, and lint Dockerfiles."""

from collections.abc import Mapping

from surtitle.cli._options import examples

__all__ = ["COMMANDS", "EPILOG"]

EPILOG = examples(
    "surtitle ship image --build",
    "surtitle ship ci github",
    "surtitle ship lint",
)
COMMANDS: Mapping[str, str] = {
    "image": "Write a Dockerfile and all that it needs, and build the image.",
    "lock": "Lock what the pipeline installs, with hashes.",
    "ci": "Write the pipeline: check, train, gate, image, deploy.",
    "lint": "Say what is wrong with a Dockerfile, and mend it.",
}
"""Every command of `surtitle ship` and the first line of its help; each is in the module `ship_NAME`."""
