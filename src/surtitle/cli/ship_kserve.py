"""`surtitle ship kserve`: the service as an InferenceService."""

from enum import StrEnum
from typing import Annotated

import typer

from surtitle.cli._options import JsonOption, ProjectOption, SetOption, examples, open_project
from surtitle.cli._ship_deploy import (
    BenchOption,
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
    f"surtitle ship kserve --load 300 --image ghcr.io/opera/moderation@{_DIGEST}",
)
_KIND = "kserve"


class Mode(StrEnum):
    """What KServe makes of it: one thing, under the name that it has by now and the one before."""

    STANDARD = "Standard"
    RAW = "RawDeployment"


def command(
    load: LoadOption,
    image: NeededImageOption,
    texts: TextsOption = 1,
    bench: BenchOption = None,
    namespace: NamespaceOption = "surtitle",
    mode: Annotated[Mode, typer.Option(help="Older releases of KServe call it RawDeployment.")] = Mode.STANDARD,
    out: OutOption = None,
    force: ForceOption = False,
    project: ProjectOption = None,
    set_: SetOption = None,
    json: JsonOption = False,
) -> int:
    """Write a KServe InferenceService that speaks V2.

    Each pod has one worker; KServe adds pods as the load grows. The sum of the sizes is shown.
    """
    opened = open_project(project, set_)
    from surtitle.ship.deploy.kubernetes import kserve_files

    folder = folder_of(opened, _KIND, out)
    plan = plan_for(opened, load, texts, bench, image=image, workers=1)
    files = kserve_files(plan, namespace=namespace, mode=mode)
    steps = f"then run: kubectl apply -f {folder}/inferenceservice.yaml"
    return write(plan, _KIND, folder, files, steps, force=force, json=json)
