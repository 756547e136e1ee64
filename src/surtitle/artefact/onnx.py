"""A linear model as an ONNX graph over term ids, for runtimes that are not Python.

The graph holds what ONNX can say exactly: TF-IDF weights, the two norms, the dot product and the softmax, all in double
precision. Cleaning and tokens stay outside: ONNX knows spaCy's rules no more than its look-up lemmas, and the usual
converters put a regular expression in their place, which gives other terms and so other scores.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from surtitle.errors import MissingExtraError, UsageError
from surtitle.models import DecisionRule, LinearModel, LinearScorer, Scorer
from surtitle.records import Thresholds
from surtitle.text import Tokenizer, Vocabulary
from surtitle.text.terms import CharCounter, WordCounter

if TYPE_CHECKING:
    from onnx import NodeProto, TensorProto

__all__ = ["OnnxFacts", "OnnxInputs", "to_onnx"]

_OPSET, _IR = 17, 8  # of 2022: old enough for any runtime in use, new enough for every operator used here
_LARGEST = 2**31 - 2**20  # protobuf's limit, less what is not weights


class OnnxFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What an ONNX file says of its origin, beside classes and thresholds.

    Parameters
    ----------
    project : str
        The model's name.
    version : int
        Its number in the registry.
    manifest_sha256 : str
        Of the `manifest.json` that the weights come from.
    """

    project: str
    version: int
    manifest_sha256: str


def to_onnx(scorer: Scorer, facts: OnnxFacts) -> bytes:
    """Return a model as the bytes of an ONNX file.

    The graph takes what `OnnxInputs` gives and returns `logits`, float64, shape (batch, n_rows), and `probabilities`,
    float64, shape (batch, n_classes); for two classes `n_rows` is 1, the log-odds of the second.

    Parameters
    ----------
    scorer : Scorer
        A `LinearScorer`.
    facts : OnnxFacts
        Kept in the file's metadata.

    Raises
    ------
    UsageError
        If the scorer is an estimator of the user's, or too large for ONNX's format.
    MissingExtraError
        If the `onnx` package is missing.

    Examples
    --------
    >>> from surtitle.models.classifier import TextClassifier
    >>> fitted = TextClassifier().fit(["so kind", "a dummy"] * 3, ["keep", "remove"] * 3)
    >>> model = to_onnx(fitted.scorer_, OnnxFacts(project="chat", version=1, manifest_sha256="0" * 64))
    >>> b"surtitle.manifest_sha256" in model
    True
    """
    linear = _linear(scorer)
    size = linear.model.coef.nbytes + linear.vocabulary.word_idf.nbytes + linear.vocabulary.char_idf.nbytes
    if size > _LARGEST:
        remedy = "lower features.max_word_terms and features.max_char_terms"
        raise UsageError(f"the weights take {size:,} bytes, and an ONNX file holds 2 GiB at most; {remedy}")
    try:
        from onnx import TensorProto, helper
    except ImportError as error:
        raise MissingExtraError("onnx", "onnx") from error
    n_rows, n_classes = len(linear.model.intercept), linear.model.n_classes
    graph = helper.make_graph(
        _nodes(n_rows),
        "surtitle",
        inputs=[
            helper.make_tensor_value_info("columns", TensorProto.INT64, ["batch", "terms"]),
            helper.make_tensor_value_info("counts", TensorProto.DOUBLE, ["batch", "terms"]),
        ],
        outputs=[
            helper.make_tensor_value_info("logits", TensorProto.DOUBLE, ["batch", n_rows]),
            helper.make_tensor_value_info("probabilities", TensorProto.DOUBLE, ["batch", n_classes]),
        ],
        initializer=_constants(linear.vocabulary, linear.model),
    )
    opset = helper.make_opsetid("", _OPSET)
    model = helper.make_model(graph, producer_name="surtitle", opset_imports=[opset], ir_version=_IR)
    helper.set_model_props(model, _metadata(linear.rule, facts))
    return bytes(model.SerializeToString(deterministic=True))


class OnnxInputs:
    """Makes the graph's inputs from raw texts: cleans, tokenises and counts them.

    Not safe to share between threads while in use, as spaCy's pipelines are not.

    Parameters
    ----------
    scorer : Scorer
        The `LinearScorer` that was exported.

    Raises
    ------
    UsageError
        If the scorer is an estimator of the user's.

    Examples
    --------
    >>> from surtitle.models.classifier import TextClassifier
    >>> fitted = TextClassifier(char_ngrams=()).fit(["so kind", "a dummy"] * 3, ["keep", "remove"] * 3)
    >>> columns, counts = OnnxInputs(fitted.scorer_)(["so so", "dummy or kind"])
    >>> columns
    array([[ 4, -1],
           [ 2,  3]])
    >>> counts
    array([[2., 0.],
           [1., 1.]])
    """

    def __init__(self, scorer: Scorer) -> None:
        linear = _linear(scorer)
        vocabulary, features = linear.vocabulary, linear.features
        columns = {ngram: column for column, ngram in enumerate(vocabulary.chars)}
        self._tokenizer = Tokenizer(linear.text, linear.rules)
        self._words = WordCounter(vocabulary.words, _span(features.word_ngrams))
        self._chars = CharCounter(columns, _span(features.char_ngrams))

    def __call__(self, texts: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return the inputs of a batch of texts.

        Parameters
        ----------
        texts : sequence of str
            Raw texts.

        Returns
        -------
        columns : int64, shape (n_texts, k)
            The known terms of each text, each once, as places in the vocabulary, words first; -1 where a text has
            fewer than the `k` of the richest one.
        counts : float64, shape (n_texts, k)
            How often each occurs; 0 beside a -1.
        """
        tokens = self._tokenizer(texts)
        blocks = [self._words.count(tokens), self._chars.count(tokens)]
        return _padded(sparse.csr_array(sparse.hstack(blocks, format="csr")))


def _span(ngrams: tuple[int, ...]) -> tuple[int, int]:
    return (ngrams[0], ngrams[1]) if ngrams else (1, 0)


def _linear(scorer: Scorer) -> LinearScorer:
    if not isinstance(scorer, LinearScorer):
        why = "its own steps cannot be said exactly over Surtitle's terms"
        raise UsageError(f"this version is an estimator of your own and is not exported to ONNX: {why}")
    return scorer


def _padded(counted: sparse.csr_array) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    lengths = np.diff(counted.indptr)
    used = np.arange(lengths.max(initial=0)) < lengths[:, None]
    columns, counts = np.full(used.shape, -1, np.int64), np.zeros(used.shape)
    columns[used], counts[used] = counted.indices, counted.data
    return columns, counts


def _constants(vocabulary: Vocabulary, model: LinearModel) -> "list[TensorProto]":
    from onnx import numpy_helper

    # ONNX takes -1 as the last row, so a last row of zeros makes padding count for nothing.
    idf = np.concatenate([vocabulary.word_idf, vocabulary.char_idf, [0.0]])
    weights = np.vstack([model.coef.T, np.zeros(len(model.intercept))])
    arrays = {
        "idf": idf,
        "weights": weights,
        "intercept": model.intercept,
        "n_words": np.array(len(vocabulary.words), np.int64),
        "one": np.array(1.0),
        "zero": np.array(0.0),
        "least": np.array(np.finfo(np.float64).tiny),
        "terms_axis": np.array([1], np.int64),
    }
    return [numpy_helper.from_array(np.ascontiguousarray(array), name) for name, array in arrays.items()]


def _nodes(n_rows: int) -> "list[NodeProto]":
    from onnx import helper

    make = helper.make_node
    nodes = [
        # (1 + ln tf) * idf
        make("Max", ["counts", "one"], ["tf"]),
        make("Log", ["tf"], ["ln_tf"]),
        make("Add", ["one", "ln_tf"], ["damped"]),
        make("Gather", ["idf", "columns"], ["term_idf"]),
        make("Mul", ["damped", "term_idf"], ["raw"]),
        # The length of each block; of one without terms it is 0 and divides nothing but zeros.
        make("Mul", ["raw", "raw"], ["squares"]),
        make("Less", ["columns", "n_words"], ["is_word"]),
        make("Where", ["is_word", "squares", "zero"], ["word_squares"]),
        make("Where", ["is_word", "zero", "squares"], ["char_squares"]),
        make("ReduceSum", ["word_squares", "terms_axis"], ["word_sum"], keepdims=1),
        make("ReduceSum", ["char_squares", "terms_axis"], ["char_sum"], keepdims=1),
        make("Where", ["is_word", "word_sum", "char_sum"], ["sums"]),
        make("Sqrt", ["sums"], ["lengths"]),
        make("Max", ["lengths", "least"], ["divisors"]),
        make("Div", ["raw", "divisors"], ["values"]),
        # The dot product, of the rows that occur alone.
        make("Unsqueeze", ["values", "terms_axis"], ["row"]),
        make("Gather", ["weights", "columns"], ["term_weights"]),
        make("MatMul", ["row", "term_weights"], ["product"]),
        make("Squeeze", ["product", "terms_axis"], ["pushed"]),
        make("Add", ["pushed", "intercept"], ["logits"]),
    ]
    if n_rows > 1:
        return [*nodes, make("Softmax", ["logits"], ["probabilities"], axis=1)]
    return [
        *nodes,
        make("Mul", ["logits", "zero"], ["first"]),
        make("Concat", ["first", "logits"], ["both"], axis=1),
        make("Softmax", ["both"], ["probabilities"], axis=1),
    ]


def _metadata(rule: DecisionRule, facts: OnnxFacts) -> dict[str, str]:
    return {
        "surtitle.project": facts.project,
        "surtitle.version": str(facts.version),
        "surtitle.manifest_sha256": facts.manifest_sha256,
        "surtitle.classes": _json(rule.classes),
        "surtitle.class_weights": _json(rule.weights),
        "surtitle.thresholds": _json(rule.thresholds),
    }


def _json(value: tuple[str, ...] | tuple[float, ...] | Thresholds | None) -> str:
    return msgspec.json.encode(value).decode()
