"""`surtitle ship compose`: all of it on one machine, in containers."""

from surtitle.cli._options import JsonOption, ProjectOption, SetOption, examples, open_project
from surtitle.cli._ship_deploy import (
    BenchOption,
    DomainOption,
    ForceOption,
    ImageOption,
    LoadOption,
    OutOption,
    TextsOption,
    folder_of,
    plan_for,
    write,
)
from surtitle.cli._terminal import say

__all__ = ["EPILOG", "command"]

EPILOG = examples(
    "surtitle ship compose --load 300",
    "surtitle ship compose --load 300 --texts 10 --bench bench.json --domain moderation.example.org",
)
_KIND = "compose"


def command(
    load: LoadOption,
    texts: TextsOption = 1,
    bench: BenchOption = None,
    domain: DomainOption = "_",
    image: ImageOption = None,
    out: OutOption = None,
    force: ForceOption = False,
    project: ProjectOption = None,
    set_: SetOption = None,
    json: JsonOption = False,
) -> int:
    """Write compose files: services, nginx, Kafka, Prometheus, Grafana.

    Without --image the image is what SURTITLE_IMAGE names when they are started. The sum of the sizes is shown.
    """
    opened = open_project(project, set_)
    from surtitle.ship.deploy.compose import SCRIPTS, compose_files, lines_for_kafka

    folder = folder_of(opened, _KIND, out)
    plan = plan_for(opened, load, texts, bench, domain=domain, image=image)
    lines = lines_for_kafka(opened.settings.stream)
    if lines:
        say(f"for the stream, add this to surtitle.toml before the image is built:\n{lines}")
    steps = f"put tls.crt and tls.key into {folder}/tls, then run: {folder}/prepare"
    return write(plan, _KIND, folder, compose_files(plan), steps, executable=SCRIPTS, force=force, json=json)
