"""Which engine a model gets."""

from surtitle.models.engines.engine import MEMO_BYTES, Engine
from surtitle.models.engines.native import NativeEngine
from surtitle.models.engines.pipeline import PipelineEngine
from surtitle.models.engines.python import PythonEngine
from surtitle.models.linear import LinearModel
from surtitle.settings import FeatureSettings, TextSettings
from surtitle.text import RememberedChunks, TokenizerRules, Vocabulary
from surtitle.text.native import EngineName, choose_engine

__all__ = ["make_engine"]


def make_engine(
    text: TextSettings,
    features: FeatureSettings,
    vocabulary: Vocabulary,
    model: LinearModel,
    rules: TokenizerRules | None,
    remembered: RememberedChunks,
    wanted: EngineName | None,
    memo_bytes: int = MEMO_BYTES,
) -> Engine:
    """Return the fastest engine that gives this model's answers, or the one wanted.

    Raises
    ------
    SettingsError
        If the one wanted cannot be had.
    """
    if rules is None:
        return PipelineEngine(text, features, vocabulary, model)

    def native(own: TokenizerRules) -> Engine:
        return NativeEngine(own, text.cleaning, vocabulary, model, memo_bytes)

    def python(own: TokenizerRules) -> Engine:
        return PythonEngine(own, text.cleaning, features, vocabulary, model, remembered, memo_bytes)

    return choose_engine(rules, wanted, native=native, python=python)
