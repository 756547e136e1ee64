"""`surtitle ship systemd`: nginx, services, the stream and the watch on one box, as sandboxed units."""

from typing import Annotated

import typer

from surtitle.cli._options import JsonOption, ProjectOption, SetOption, examples, open_project
from surtitle.cli._ship_deploy import (
    BenchOption,
    DomainOption,
    ForceOption,
    LoadOption,
    OutOption,
    TextsOption,
    folder_of,
    plan_for,
    write,
)

__all__ = ["EPILOG", "command"]

EPILOG = examples(
    "surtitle ship systemd --load 300",
    "surtitle ship systemd --load 300 --bench bench.json --domain moderation.example.org",
)
_KIND = "systemd"


def command(
    load: LoadOption,
    texts: TextsOption = 1,
    bench: BenchOption = None,
    domain: DomainOption = "_",
    tls_port: Annotated[int, typer.Option(min=1, max=65_535, metavar="NUMBER", help="Of nginx.")] = 443,
    user: Annotated[str, typer.Option(metavar="NAME", help="Who runs it; without it, who owns the project.")] = "",
    out: OutOption = None,
    force: ForceOption = False,
    project: ProjectOption = None,
    set_: SetOption = None,
    json: JsonOption = False,
) -> int:
    """Write sandboxed systemd units for one box.

    Two services listen on loopback, nginx before them with TLS, the stream and an hourly watch beside them. The sum of
    the sizes is shown.
    """
    opened = open_project(project, set_)
    from surtitle.ship.deploy import find_box
    from surtitle.ship.deploy.systemd import SCRIPTS, systemd_files

    folder = folder_of(opened, _KIND, out)
    box = find_box(opened, folder, user=user)
    plan = plan_for(opened, load, texts, bench, domain=domain)
    files = systemd_files(plan, box, tls_port=tls_port)
    steps = f"put tls.crt and tls.key into /etc/surtitle/{plan.name}, then run as root: {folder}/install"
    return write(plan, _KIND, folder, files, steps, executable=SCRIPTS, force=force, json=json)
