"""Model <-> folder of plain data: JSON and safetensors, or skops for a user's own estimator. Never pickle."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from surtitle.artefact.files import MANIFEST_NAME, file_facts, read_manifest, verify_files
from surtitle.artefact.manifest import FORMAT, Manifest, ModelFacts
from surtitle.artefact.text_path import TEXT_PATH_FILES, load_text_path, save_text_path
from surtitle.errors import ArtefactError, Fault, MissingExtraError
from surtitle.models import MEMO_BYTES, EstimatorScorer, LinearModel, LinearScorer
from surtitle.text import Vocabulary

__all__ = ["load_artefact", "save_artefact"]

_WEIGHTS = "weights.safetensors"
_VOCABULARY = "vocabulary.json"
_ESTIMATOR = "estimator.skops"
_CALIBRATION = "calibration.safetensors"


class _Terms(msgspec.Struct):
    words: tuple[str, ...]
    chars: tuple[str, ...]


def save_artefact(folder: Path, scorer: LinearScorer | EstimatorScorer, facts: ModelFacts) -> Manifest:
    """Write a model's files and, last, their manifest into an existing, private folder.

    The caller moves the folder to where it is to be found, so a half-written one is never seen.

    Parameters
    ----------
    folder : Path
        Exists, and holds none of these files.
    scorer : LinearScorer or EstimatorScorer
        The fitted model.
    facts : ModelFacts
        Provenance and metrics.
    """
    linear = isinstance(scorer, LinearScorer)
    names = _save_linear(folder, scorer) if isinstance(scorer, LinearScorer) else _save_estimator(folder, scorer)
    manifest = Manifest(
        format=FORMAT,
        kind="linear" if linear else "estimator",
        task="classification",
        facts=facts,
        rule=scorer.rule,
        text=scorer.text if isinstance(scorer, LinearScorer) else None,
        features=scorer.features if isinstance(scorer, LinearScorer) else None,
        files={name: file_facts(folder / name) for name in names},
    )
    pretty = msgspec.json.format(msgspec.json.encode(manifest), indent=2)
    (folder / MANIFEST_NAME).write_bytes(pretty + b"\n")
    return manifest


def _save_linear(folder: Path, scorer: LinearScorer) -> tuple[str, ...]:
    from safetensors.numpy import save_file

    vocabulary = scorer.vocabulary
    weights = {
        "coef": np.ascontiguousarray(scorer.model.coef),
        "intercept": scorer.model.intercept,
        "word_idf": vocabulary.word_idf,
        "char_idf": vocabulary.char_idf,
    }
    save_file(weights, folder / _WEIGHTS)
    terms = _Terms(words=vocabulary.words, chars=vocabulary.chars)
    (folder / _VOCABULARY).write_bytes(msgspec.json.encode(terms))
    if scorer.rules is None:  # a spaCy pipeline, which has to be installed where the model is used
        return _WEIGHTS, _VOCABULARY
    return _WEIGHTS, _VOCABULARY, *save_text_path(folder, scorer.rules, scorer.remembered, vocabulary)


def _save_estimator(folder: Path, scorer: EstimatorScorer) -> tuple[str, ...]:
    from safetensors.numpy import save_file

    _skops().dump(scorer.estimator, folder / _ESTIMATOR)
    save_file({"scale": np.array([scorer.scale]), "shift": scorer.shift}, folder / _CALIBRATION)
    return _ESTIMATOR, _CALIBRATION


def load_artefact(
    folder: Path, *, trusted: Sequence[str] = (), memo_bytes: int = MEMO_BYTES
) -> tuple[Manifest, LinearScorer | EstimatorScorer]:
    """Read a model back; every hash is checked before any file is parsed.

    Parameters
    ----------
    folder : Path
        As `save_artefact` left it.
    trusted : sequence of str
        Types, beyond those that skops knows to be harmless, that a user's estimator may hold. They come from the
        reader's own settings and never from the artefact, which could otherwise vouch for itself.
    memo_bytes : int
        About how much the scorer remembers of the chunks that it meets.

    Raises
    ------
    ArtefactError
        If anything is missing, truncated, edited, inconsistent, of a newer format or not trusted.
    """
    manifest = read_manifest(folder)
    if manifest.kind == "linear":
        # There are none with a spaCy pipeline, nor in format 1; then the rules of the installed spaCy hold.
        own_text_path = manifest.format > 1 and not manifest.files.keys().isdisjoint(TEXT_PATH_FILES)
        verify_files(folder, manifest, (_WEIGHTS, _VOCABULARY, *(TEXT_PATH_FILES if own_text_path else ())))
        return manifest, _load_linear(folder, manifest, memo_bytes, own_text_path=own_text_path)
    verify_files(folder, manifest, (_ESTIMATOR, _CALIBRATION))
    return manifest, _load_estimator(folder, manifest, trusted)


def _load_linear(folder: Path, manifest: Manifest, memo_bytes: int, *, own_text_path: bool) -> LinearScorer:
    weights = _load_tensors(folder / _WEIGHTS, ("coef", "intercept", "word_idf", "char_idf"))
    try:
        terms = msgspec.json.decode((folder / _VOCABULARY).read_bytes(), type=_Terms)
    except msgspec.DecodeError as error:
        raise _inconsistent(folder, Fault(_VOCABULARY, f"cannot be read: {error}")) from error
    vocabulary = Vocabulary(terms.words, terms.chars, weights["word_idf"], weights["char_idf"])
    model = LinearModel(weights["coef"], weights["intercept"])
    if manifest.text is None or manifest.features is None:
        raise _inconsistent(folder, Fault(MANIFEST_NAME, "lacks the settings of the text path"))
    n_rows = 1 if len(manifest.rule.classes) == 2 else len(manifest.rule.classes)
    shapes = {
        "coef": (n_rows, len(vocabulary)),
        "intercept": (n_rows,),
        "word_idf": (len(terms.words),),
        "char_idf": (len(terms.chars),),
    }
    _check_shapes(folder, weights, shapes)
    _check_rule(folder, manifest)
    rules, remembered = load_text_path(folder) if own_text_path else (None, None)
    return LinearScorer(
        manifest.text,
        manifest.features,
        vocabulary,
        model,
        manifest.rule,
        rules=rules,
        remembered=remembered,
        memo_bytes=memo_bytes,
    )


def _load_estimator(folder: Path, manifest: Manifest, trusted: Sequence[str]) -> EstimatorScorer:
    io = _skops()
    unknown = set(io.get_untrusted_types(file=folder / _ESTIMATOR)) - set(trusted)
    if unknown:
        what = f"holds types that are not trusted: {', '.join(sorted(unknown))}"
        remedy = "look at them, and if they are yours add them to train.trusted"
        raise _inconsistent(folder, Fault(_ESTIMATOR, what, remedy))
    estimator = io.load(folder / _ESTIMATOR, trusted=list(trusted))
    calibration = _load_tensors(folder / _CALIBRATION, ("scale", "shift"))
    _check_rule(folder, manifest)
    return EstimatorScorer(estimator, float(calibration["scale"][0]), calibration["shift"], manifest.rule)


def _load_tensors(path: Path, names: tuple[str, ...]) -> dict[str, Any]:
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        tensors = load_file(path)
    except SafetensorError as error:
        raise _inconsistent(path.parent, Fault(path.name, f"cannot be read: {error}")) from error
    wrong = [name for name in names if name not in tensors or tensors[name].dtype != np.float64]
    if wrong:
        raise _inconsistent(path.parent, Fault(path.name, f"lacks float64 tensors: {', '.join(wrong)}"))
    return tensors


def _check_shapes(folder: Path, weights: dict[str, Any], shapes: dict[str, tuple[int, ...]]) -> None:
    for name, shape in shapes.items():
        if weights[name].shape != shape:
            what = f"{name} has shape {weights[name].shape}, the vocabulary and classes call for {shape}"
            raise _inconsistent(folder, Fault(_WEIGHTS, what))
        if not np.isfinite(weights[name]).all():
            raise _inconsistent(folder, Fault(_WEIGHTS, f"{name} holds numbers that are not finite"))
        if name.endswith("_idf") and not (weights[name] > 0).all():
            raise _inconsistent(folder, Fault(_WEIGHTS, f"{name} holds numbers that are not above 0"))


def _check_rule(folder: Path, manifest: Manifest) -> None:
    rule = manifest.rule
    if len(rule.classes) < 2 or len(set(rule.classes)) != len(rule.classes) or len(rule.weights) != len(rule.classes):
        raise _inconsistent(folder, Fault(MANIFEST_NAME, "names classes and weights that do not fit together"))


def _inconsistent(folder: Path, fault: Fault) -> ArtefactError:
    return ArtefactError(f"the artefact in {folder} is refused", [fault])


def _skops() -> Any:
    try:
        import skops.io
    except ImportError as error:
        raise MissingExtraError("skops", "estimator") from error
    return skops.io
