"""`surtitle ship kubernetes`: what a cluster needs to run the service, for kustomize."""

from typing import Annotated

import typer

from surtitle.cli._options import JsonOption, ProjectOption, SetOption, examples, open_project
from surtitle.cli._ship_deploy import (
    BenchOption,
    DomainOption,
    ForceOption,
    LoadOption,
    NamespaceOption,
    NeededImageOption,
    OutOption,
    TextsOption,
    folder_of,
    plan_for,
    write,
)

__all__ = ["EPILOG", "command"]

_DIGEST = "sha256:" + 64 * "0"
EPILOG = examples(
    f"surtitle ship kubernetes --load 300 --image ghcr.io/opera/moderation@{_DIGEST}",
)
_KIND = "kubernetes"


def command(
    load: LoadOption,
    image: NeededImageOption,
    texts: TextsOption = 1,
    bench: BenchOption = None,
    domain: DomainOption = "_",
    namespace: NamespaceOption = "surtitle",
    gateway: Annotated[
        str, typer.Option(metavar="NAMESPACE/NAME", help="The Gateway that lets requests in.")
    ] = "gateway/public",
    out: OutOption = None,
    force: ForceOption = False,
    project: ProjectOption = None,
    set_: SetOption = None,
    json: JsonOption = False,
) -> int:
    """Write Kubernetes files: Deployment, HPA, NetworkPolicy and more.

    Each pod has one worker; the cluster adds pods as the load grows. The sum of the sizes is shown.
    """
    opened = open_project(project, set_)
    from surtitle.ship.deploy.kubernetes import kubernetes_files

    folder = folder_of(opened, _KIND, out)
    plan = plan_for(opened, load, texts, bench, domain=domain, image=image, workers=1)
    files = kubernetes_files(plan, namespace=namespace, gateway=gateway)
    return write(plan, _KIND, folder, files, f"then run: kubectl apply -k {folder}", force=force, json=json)
