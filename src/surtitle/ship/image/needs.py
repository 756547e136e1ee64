"""Which packages a service imports, which is far from all that training does. PURE."""

import re
from collections.abc import Iterable, Sequence

import msgspec

from surtitle.artefact.manifest import Manifest
from surtitle.settings import Settings

__all__ = ["Needs", "extra_of", "find_needs"]

_ALWAYS = ("msgspec", "numpy", "safetensors", "scipy", "typer")
_SPACY = ("spacy", "spacy-lookups-data")
_ESTIMATOR = (*_SPACY, "scikit-learn")
_SCHEMES = {"kafka": "kafka", "redis": "redis", "rediss": "redis"}
_EXTRA = re.compile(r"""extra\s*==\s*["']([\w.-]+)["']""")


class Needs(msgspec.Struct, frozen=True):
    """What is to be installed beside Surtitle itself.

    Parameters
    ----------
    packages : tuple of str
        Requirements, without those that follow from them.
    why_spacy : str
        Why spaCy is among them; empty: it is not.
    """

    packages: tuple[str, ...]
    why_spacy: str = ""


def find_needs(
    settings: Settings, manifests: Sequence[Manifest], requirements: Sequence[str], *, why_not_native: str
) -> Needs:
    """Return what the service and the stream of a project import.

    The native scorer has all that it needs of spaCy in the artefact; the scorer in Python asks spaCy about chunks that
    it has not seen in training.

    Parameters
    ----------
    settings : Settings
        Of the project.
    manifests : sequence of Manifest
        Of the models served.
    requirements : sequence of str
        Of the installed Surtitle, as of `importlib.metadata.requires`.
    why_not_native : str
        Why models are not scored by the native engine; empty: they are.
    """
    extras = ["serve", *sorted(_stream_extras(settings))]
    packages = list(_ALWAYS)
    why = _why_spacy(settings, manifests, why_not_native)
    if any(manifest.kind == "estimator" for manifest in manifests):
        extras.append("estimator")
        packages += _ESTIMATOR
    elif why:
        packages += _SPACY
    pipelines = {manifest.text.pipeline for manifest in manifests if manifest.text is not None}
    packages += sorted(name.replace("_", "-") for name in pipelines if name)
    for extra in extras:
        packages += extra_of(requirements, extra)
    return Needs(tuple(dict.fromkeys([*packages, *settings.ship.packages])), why)


def extra_of(requirements: Iterable[str], extra: str) -> list[str]:
    """Return the requirements that an extra brings.

    Examples
    --------
    >>> extra_of(["numpy>=2.0", "redis[hiredis]>=6; extra == 'redis'", "onnx; extra == 'onnx'"], "redis")
    ['redis[hiredis]>=6']
    """
    return [
        requirement.partition(";")[0].strip()
        for requirement in requirements
        if (found := _EXTRA.search(requirement)) and found[1] == extra
    ]


def _stream_extras(settings: Settings) -> set[str]:
    stream = settings.stream
    addresses = (stream.input, stream.output, stream.windows_output, stream.late_output)
    schemes = {address.partition("://")[0] for address in addresses}
    return {_SCHEMES[scheme] for scheme in schemes & _SCHEMES.keys()} | ({"rules"} if stream.rules else set())


def _why_spacy(settings: Settings, manifests: Sequence[Manifest], why_not_native: str) -> str:
    if settings.stream.rules:
        return "rules may hold patterns of tokens"
    for manifest in manifests:
        if manifest.kind == "estimator":
            return "an estimator of your own may use it"
        if manifest.text is not None and manifest.text.pipeline:
            return f"the model takes words from the pipeline {manifest.text.pipeline}"
        if manifest.kind == "linear" and "tokenizer.json" not in manifest.files:
            return "the model does not hold its tokenizer's rules"
    return why_not_native
