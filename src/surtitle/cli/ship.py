"""`surtitle ship`: Write images, pipelines and deployment files, and lint Dockerfiles."""

from collections.abc import Mapping

from surtitle.cli._options import examples

__all__ = ["COMMANDS", "EPILOG"]

EPILOG = examples(
    "surtitle ship image --build",
    "surtitle ship ci github",
    "surtitle ship lint",
    "surtitle ship compose --load 300",
)
COMMANDS: Mapping[str, str] = {
    "image": "Write a Dockerfile and all that it needs, and build the image.",
    "lock": "Lock what the pipeline installs, with hashes.",
    "ci": "Write the pipeline: check, train, gate, image, deploy.",
    "lint": "Say what is wrong with a Dockerfile, and mend it.",
    "compose": "Write compose files: services, nginx, Kafka, Prometheus, Grafana.",
    "systemd": "Write sandboxed systemd units for one box.",
    "supervisor": "Write nginx and supervisord files for one box.",
    "kubernetes": "Write Kubernetes files: Deployment, HPA, NetworkPolicy and more.",
    "kserve": "Write a KServe InferenceService that speaks V2.",
}
"""Every command of `surtitle ship` and the first line of its help; each is in the module `ship_NAME`."""
