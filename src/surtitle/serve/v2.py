"""The Open Inference Protocol, from a request to texts and from scores to an answer. PURE.

References
----------
https://github.com/kserve/open-inference-protocol, specification/protocol/inference_rest.md
"""

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any, NamedTuple

import msgspec

from surtitle.records import Scored
from surtitle.serve.refusal import Refusal, malformed
from surtitle.serve.v2_binary import pack_floats, pack_strings, unpack_strings
from surtitle.serve.v2_wire import InferBody, InferIn, OutputTensor, RequestedOutput, Tensor, TensorIn, decode_infer

__all__ = ["INPUT", "Query", "encode_answer", "output_tensors", "read_query"]

INPUT = "text"
_OUTPUTS = ("score", "label", "action", "probabilities")
_encode = msgspec.json.Encoder().encode


class Query(NamedTuple):
    """A request for inference, read and checked.

    Parameters
    ----------
    id : str or None
        To be given back.
    texts : list of str
        In order.
    client : str or None
        From `parameters.client`.
    outputs : sequence of (str, bool)
        Those wanted, and whether in binary.
    """

    id: str | None
    texts: list[str]
    client: str | None
    outputs: Sequence[tuple[str, bool]]


def read_query(body: bytes, json_length: bytes | None, *, max_texts: int) -> Query:
    """Read the body of a request for inference.

    Parameters
    ----------
    body : bytes
        JSON; with the binary extension, tensors follow it.
    json_length : bytes or None
        The header ``Inference-Header-Content-Length``.
    max_texts : int
        At most so many texts.

    Raises
    ------
    Refusal
        400 or 413, with the field that is wrong.

    Examples
    --------
    >>> body = b'{"inputs":[{"name":"text","shape":[1],"datatype":"BYTES","data":["hi"]}]}'
    >>> read_query(body, None, max_texts=9).texts
    ['hi']
    """
    head, rest = _divide(body, json_length)
    try:
        request = decode_infer(head)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise malformed(error) from error
    tensor = _only_input(request)
    return Query(request.id, _texts_of(tensor, rest, max_texts), _client_of(request.parameters), _outputs_of(request))


def _divide(body: bytes, json_length: bytes | None) -> tuple[bytes, bytes]:
    if json_length is None:
        return body, b""
    if not json_length.isdigit() or len(json_length) > 18 or int(json_length) > len(body):
        raise Refusal(400, "the header Inference-Header-Content-Length must be a length within the body")
    return body[: int(json_length)], body[int(json_length) :]


def _only_input(request: InferIn) -> TensorIn:
    if len(request.inputs) != 1 or request.inputs[0].name != INPUT:
        names = ", ".join(repr(each.name[:50]) for each in request.inputs[:5]) or "none"
        raise Refusal(400, f"inputs: this model takes one, {INPUT!r}; got {names}")
    tensor = request.inputs[0]
    if tensor.datatype != "BYTES":
        raise Refusal(400, f"inputs[0].datatype: {INPUT!r} is BYTES, got {tensor.datatype[:50]!r}")
    return tensor


def _texts_of(tensor: TensorIn, rest: bytes, max_texts: int) -> list[str]:
    size = (tensor.parameters or {}).get("binary_data_size")
    if size is not None:
        if tensor.data is not msgspec.UNSET or not isinstance(size, int) or size != len(rest):
            what = f"must be the {len(rest):,} bytes after the JSON, and stand without data"
            raise Refusal(400, f"inputs[0].parameters.binary_data_size {what}")
        texts = unpack_strings(rest, where="inputs[0]", limit=max_texts)
    elif tensor.data is msgspec.UNSET:
        raise Refusal(400, "inputs[0].data is missing")
    else:
        texts = _flat(tensor.data)
    # -1 is what a model's metadata say of a dimension; some clients send it back.
    if -1 not in tensor.shape and prod(tensor.shape) != len(texts):
        raise Refusal(
            400, f"inputs[0].shape {tensor.shape[:8]} calls for another number of texts than the {len(texts)} given"
        )
    return texts


def _flat(data: Sequence[Any]) -> list[str]:
    texts: list[str] = []
    for each in data:
        if isinstance(each, str):
            texts.append(each)
        else:
            texts += _flat(each)
    return texts


def _client_of(parameters: Mapping[str, Any] | None) -> str | None:
    client = (parameters or {}).get("client")
    if client is not None and (not isinstance(client, str) or not 0 < len(client) <= 200):
        raise Refusal(400, "parameters.client must be text of 1 to 200 characters")
    return client


def _outputs_of(request: InferIn) -> list[tuple[str, bool]]:
    binary = (request.parameters or {}).get("binary_data_output") is True
    wanted = request.outputs or [RequestedOutput(name) for name in _OUTPUTS]
    for place, each in enumerate(wanted):
        if each.name not in _OUTPUTS:
            raise Refusal(
                400, f"outputs[{place}].name: there is no {each.name[:50]!r}; there are {', '.join(_OUTPUTS)}"
            )
    if len({each.name for each in wanted}) != len(wanted):
        raise Refusal(400, "outputs: one is asked for twice")
    return [(each.name, (each.parameters or {}).get("binary_data", binary) is True) for each in wanted]


def output_tensors(n_classes: int) -> list[Tensor]:
    """Return what a model of so many classes gives."""
    shapes = {"probabilities": [-1, n_classes]}
    return [
        Tensor(name, "BYTES" if name in ("label", "action") else "FP64", shapes.get(name, [-1])) for name in _OUTPUTS
    ]


def encode_answer(
    query: Query, scored: Sequence[Scored], *, model: str, version: int, alias: str, n_classes: int
) -> tuple[bytes, int | None]:
    """Write the answer.

    Returns
    -------
    (bytes, int or None)
        The body, and the length of its JSON where binary tensors follow.
    """
    tensors: list[OutputTensor] = []
    blocks: list[bytes] = []
    for name, binary in query.outputs:
        tensor = _tensor(name, scored, n_classes)
        if binary:
            values: Any = tensor.data
            block = pack_floats(values) if tensor.datatype == "FP64" else pack_strings(values)
            blocks.append(block)
            tensor = OutputTensor(
                tensor.name, tensor.shape, tensor.datatype, parameters={"binary_data_size": len(block)}
            )
        tensors.append(tensor)
    body = _encode(
        InferBody(model, str(version), tensors, {"alias": alias}, msgspec.UNSET if query.id is None else query.id)
    )
    return (body, None) if not blocks else (b"".join((body, *blocks)), len(body))


def _tensor(name: str, scored: Sequence[Scored], n_classes: int) -> OutputTensor:
    n = len(scored)
    match name:
        case "score":
            return OutputTensor(name, [n], "FP64", [each.score for each in scored])
        case "label":
            return OutputTensor(name, [n], "BYTES", [each.label for each in scored])
        case "action":
            return OutputTensor(name, [n], "BYTES", [each.action for each in scored])
        case _:
            flat = [value for each in scored for value in each.probabilities.values()]
            return OutputTensor(name, [n, n_classes], "FP64", flat)
