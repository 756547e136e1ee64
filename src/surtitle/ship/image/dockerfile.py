"""The Dockerfile and what keeps the rest of the folder away from it. PURE.

Only what Docker, podman and buildah 1.28 all understand: no heredocs, no flags of ``COPY`` beyond ``--from``, of the
mounts only that of a secret. Nothing in the file follows from a clock or from the version of the model, so that it can
stand in version control and changes only when the settings or the way of building do.
"""

import json
from string import Template

import msgspec

from surtitle.project import STATE_FOLDER
from surtitle.ship.image.staging import FOLDER

__all__ = ["IGNORED", "LOCK_NAME", "USER", "Recipe", "dockerignore", "render_dockerfile"]

LOCK_NAME = "requirements-serve.txt"
USER = 10_001
"""User and group of the service: a number, for there is no name to look up, and above any that a host gives away."""

_STAGED = f"{STATE_FOLDER}/{FOLDER}"
_BUILD_TOOLS = (
    ".*/((site|dist)-packages/(pip|setuptools|wheel|pkg_resources|_distutils_hack|distutils-precedence)([-.].*)?"
    "|ensurepip|python-wheels|bin/(pip|wheel|easy_install)[0-9.]*)"
)
_UNUSED_LIBRARY = r"/(test|tests|idlelib|lib2to3|tkinter|turtledemo|pydoc_data|site-packages|dist-packages)/"
IGNORED = (".git", ".env", "*.pem", "*.key", "*.csv", "*.parquet", "*.ipynb", "__pycache__", ".venv")
"""Kept out by the first line of the file already; written out for who reads it, and for what may be let in later."""


class Recipe(msgspec.Struct, frozen=True, kw_only=True):
    """What differs between the Dockerfiles of projects.

    Parameters
    ----------
    name : str
        The model's.
    base : str
        ``NAME:TAG@sha256:DIGEST``.
    port : int
        Where the service listens.
    wheels : bool
        Whether wheels lie beside the lock.
    offline : bool
        Whether they are all there is.
    description, source, licenses, security : str
        Of the labels; empty ones are left out.
    """

    name: str
    base: str
    port: int
    wheels: bool
    offline: bool
    description: str
    source: str
    licenses: str
    security: str


def render_dockerfile(recipe: Recipe) -> str:
    """Return the Dockerfile.

    Examples
    --------
    >>> recipe = Recipe(name="spam", base=f"python:3.13.1-slim@sha256:{'0' * 64}", port=8080, wheels=False,
    ...                 offline=False, description="", source="", licenses="MIT", security="")
    >>> [line for line in render_dockerfile(recipe).splitlines() if line.startswith(("USER", "ENTRYPOINT", "CMD"))]
    ['USER 10001:10001', 'ENTRYPOINT ["surtitle"]', 'CMD ["serve"]']
    """
    options = [("--find-links=wheels", recipe.wheels), ("--no-index", recipe.offline)]
    return _FILE.substitute(
        base=recipe.base,
        lock=LOCK_NAME,
        wheels=f"COPY {_STAGED}/wheels/ wheels/\n" if recipe.wheels else "",
        options="".join(f" {option}" for option, wanted in options if wanted),
        staged=_STAGED,
        labels=" \\\n      ".join(f"{name}={value}" for name, value in _labels(recipe).items()),
        build_tools=_BUILD_TOOLS,
        unused=_UNUSED_LIBRARY,
        user=USER,
        state=STATE_FOLDER,
        port=recipe.port,
    )


def dockerignore() -> str:
    """Return the `.dockerignore`: everything is kept out but the lock and what is laid out for the image."""
    lines = [
        "# Written by `surtitle ship image`. Nothing goes to the builder but what is let in below.",
        "*",
        f"!{LOCK_NAME}",
        f"!{STATE_FOLDER}",
        f"{STATE_FOLDER}/*",
        f"!{_STAGED}",
        "# And never, should more be let in: history, secrets, data, notebooks, caches.",
        *(f"**/{pattern}" for pattern in IGNORED),
    ]
    return "\n".join(lines) + "\n"


_FILE = Template("""\
# Written by `surtitle ship image`, which also lays out the model and its settings in .surtitle/image for it.
# Build with: surtitle ship image --build
# An index of your own: --secret id=pip.conf,src=FILE

FROM ${base} AS build
WORKDIR /build
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONHASHSEED=0
COPY ${lock} ./
${wheels}# pip would stamp its bytecode with the time, so it is compiled afterwards; without it a start takes seconds.
RUN --mount=type=secret,id=pip.conf,target=/run/secrets/pip.conf \\
    python3 -m venv --without-pip /opt/surtitle \\
    && PIP_CONFIG_FILE=/run/secrets/pip.conf \\
        python3 -m pip --python /opt/surtitle install --no-cache-dir --no-compile --no-deps \\
        --only-binary=:all:${options} --require-hashes --requirement=${lock} \\
    && find /opt/surtitle -path '*/tests/*' -type f '(' -name 'test_*' -o -path '*/data/*' ')' -delete \\
    && python3 -m compileall -q --invalidation-mode unchecked-hash /opt/surtitle/lib
COPY ${staged}/model/ /srv/surtitle/
RUN chmod -R u=rwX,go=rX /opt/surtitle /srv/surtitle

FROM ${base}
ARG VERSION=0
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
LABEL ${labels}
ENV PATH=/opt/surtitle/bin:$$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
# No program that runs as somebody else, nothing that installs; the standard library compiled, as above.
RUN find / -xdev -type f -perm /6000 -exec chmod a-s {} + \\
    && find / -xdev -regextype posix-extended -regex '${build_tools}' -prune -exec rm -rf {} + \\
    && python3 -m compileall -q --invalidation-mode unchecked-hash -x '${unused}' \\
        "$$(python3 -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')" \\
    && install -d -o ${user} -g ${user} -m 0700 /srv/surtitle/${state}
COPY --from=build /opt/surtitle /opt/surtitle
COPY --from=build /srv/surtitle /srv/surtitle
WORKDIR /srv/surtitle
USER ${user}:${user}
EXPOSE ${port}
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=10s --start-period=30s --retries=3 \\
    CMD ["surtitle", "serve", "--check"]
ENTRYPOINT ["surtitle"]
CMD ["serve"]
# Decisions wait here for `surtitle watch`; all else may be mounted read only.
VOLUME ["/srv/surtitle/${state}"]
""")


def _labels(recipe: Recipe) -> dict[str, str]:
    name, _, digest = recipe.base.partition("@")
    told = {
        "title": recipe.name,
        "description": recipe.description or f"{recipe.name}: a text model behind HTTP",
        "source": recipe.source,
        "licenses": recipe.licenses,
        "base.name": name,
        "base.digest": digest,
    }
    labels = {f"org.opencontainers.image.{key}": _quoted(value) for key, value in told.items() if value}
    given = {"version": "VERSION", "revision": "REVISION", "created": "CREATED"}
    labels |= {f"org.opencontainers.image.{key}": f'"${{{argument}}}"' for key, argument in given.items()}
    return labels | ({"security.contact": _quoted(recipe.security)} if recipe.security else {})


def _quoted(text: str) -> str:
    # Of JSON's escapes a Dockerfile knows these two; a dollar sign would name a variable.
    return json.dumps(text, ensure_ascii=False).replace("$", "\\$")
