"""A cluster: Deployment, Service, autoscaler, budget, network policy, route; or KServe's one object."""

import math
import re
from collections.abc import Mapping
from urllib.parse import quote

from surtitle.errors import UsageError
from surtitle.ship.deploy.container import STATE, USER
from surtitle.ship.deploy.filling import template
from surtitle.ship.deploy.plan import Plan
from surtitle.ship.deploy.sizing import USE

__all__ = ["check_name", "kserve_files", "kubernetes_files"]

_FILES = (
    "kustomization.yaml",
    "namespace.yaml",
    "serviceaccount.yaml",
    "deployment.yaml",
    "service.yaml",
    "hpa.yaml",
    "pdb.yaml",
    "networkpolicy.yaml",
    "httproute.yaml",
)
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_MOST = 4
# Until every proxy of the cluster has heard that a pod ends.
_LEAST_DRAIN_S = 5.0


def check_name(name: str, option: str) -> str:
    """Return a name that a cluster takes.

    Raises
    ------
    UsageError
        If it does not.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(f"{option} {name!r} is not a name in Kubernetes: up to 63 small letters, digits and hyphens")
    return name


def kubernetes_files(plan: Plan, *, namespace: str, gateway: str) -> Mapping[str, str]:
    """Return the files by name.

    Parameters
    ----------
    plan : Plan
        What to deploy, with an image.
    namespace : str
        Where.
    gateway : str
        The Gateway that lets requests in, as NAMESPACE/NAME.

    Raises
    ------
    UsageError
        If there is no image, or a name is none.
    """
    gateway_namespace, _, gateway_name = gateway.partition("/")
    drain_s = max(plan.serve.drain_s, _LEAST_DRAIN_S)
    values = {
        **_values(plan, namespace),
        "drain_s": f"{drain_s:g}",
        "stop_s": plan.stop_s + math.ceil(drain_s - plan.serve.drain_s),
        "gateway": check_name(gateway_name, "--gateway"),
        "gateway_namespace": check_name(gateway_namespace, "--gateway"),
        "hostnames": "" if plan.domain == "_" else f'hostnames: ["{plan.domain}"]',
    }
    return {name: template(f"kubernetes/{name}", values) for name in _FILES}


def kserve_files(plan: Plan, *, namespace: str, mode: str) -> Mapping[str, str]:
    """Return the files by name.

    Parameters
    ----------
    plan : Plan
        What to deploy, with an image.
    namespace : str
        Where.
    mode : str
        KServe's word for plain Deployments.

    Raises
    ------
    UsageError
        If there is no image, or the name is none.
    """
    values = {**_values(plan, namespace), "mode": mode, "stop_s": plan.stop_s}
    return {"inferenceservice.yaml": template("kserve/inferenceservice.yaml", values)}


def _values(plan: Plan, namespace: str) -> dict[str, object]:
    image = plan.image
    if image is None:
        raise UsageError(
            "a cluster pulls the image from a registry: name it by its digest with --image NAME@sha256:..."
        )
    size = plan.size
    labels = {"name": plan.name, "component": "serving", "part-of": "surtitle", "managed-by": "kustomize"}
    if 0 < len(image.tag) <= 63 and image.tag[-1].isalnum() and image.tag[0].isalnum():
        labels["version"] = image.tag
    return {
        "name": plan.name,
        "namespace": check_name(namespace, "--namespace"),
        "model": quote(plan.project.settings.project.name, safe=""),
        "labels": "\n".join(f'app.kubernetes.io/{key}: "{value}"' for key, value in labels.items()),
        "image": image,
        "repository": image.name,
        "digest": image.digest,
        "user": USER,
        "state": STATE,
        "port": plan.serve.port or 8080,
        "workers": size.workers,
        "cpu_m": min(size.cpu_m, 1000 * size.workers),
        "memory_mb": size.memory_mb,
        "replicas": size.instances,
        "most": _MOST * size.instances,
        "use": round(100 * USE),
        "read_s": math.ceil(max(plan.serve.grace_s, 10.0)) + 5,
        "why": "\n".join(f"# {line}" for line in size.words[:-1]),
    }
