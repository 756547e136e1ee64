"""The Open Inference Protocol's codec."""

import json
import struct
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surtitle.records import Scored
from surtitle.serve.refusal import Refusal
from surtitle.serve.v2 import encode_answer, read_query
from surtitle.serve.v2_binary import pack_strings, unpack_strings

TEXTS = st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=20)
SCORED = Scored(0.75, "1", "remove", {"0": 0.25, "1": 0.75})


def request(data: Any, shape: list[int] | None = None, **more: Any) -> bytes:
    tensor = {"name": "text", "shape": [len(data)] if shape is None else shape, "datatype": "BYTES", "data": data}
    return json.dumps({"inputs": [tensor], **more}).encode()


@given(TEXTS)
def test_texts_come_through_binary_unchanged(texts: list[str]) -> None:
    assert unpack_strings(pack_strings(texts), where="x", limit=100) == texts


@given(TEXTS)
def test_flat_and_nested_data_mean_the_same(texts: list[str]) -> None:
    nested = [[text] for text in texts]
    flat = read_query(request(texts), None, max_texts=100).texts
    assert flat == read_query(request(nested, [len(texts), 1]), None, max_texts=100).texts == texts


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(block: bytes) -> None:
    with suppress(Refusal):
        assert pack_strings(unpack_strings(block, where="x", limit=5)) == block


@given(TEXTS, st.integers(0, 400))
def test_binary_cut_short_is_refused(texts: list[str], at: int) -> None:
    block = pack_strings(texts)
    head = json.dumps(
        {
            "inputs": [
                {
                    "name": "text",
                    "shape": [len(texts)],
                    "datatype": "BYTES",
                    "parameters": {"binary_data_size": len(block)},
                }
            ]
        }
    ).encode()
    whole = read_query(head + block, b"%d" % len(head), max_texts=100)
    assert whole.texts == texts
    if at < len(block):
        with pytest.raises(Refusal):
            read_query(head + block[:at], b"%d" % len(head), max_texts=100)


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        (b"{", 400, "not JSON"),
        (b"[]", 400, "wrong shape"),
        (b'{"inputs":[]}', 400, "takes one, 'text'; got none"),
        (b'{"inputs":[{"name":"x","shape":[1],"datatype":"BYTES","data":["a"]}]}', 400, "got 'x'"),
        (b'{"inputs":[{"name":"text","shape":[1],"datatype":"FP32","data":["a"]}]}', 400, "datatype"),
        (b'{"inputs":[{"name":"text","shape":[1],"datatype":"BYTES","data":[1]}]}', 400, "$.inputs[0].data[0]"),
        (b'{"inputs":[{"name":"text","shape":[1],"datatype":"BYTES"}]}', 400, "data is missing"),
        (request(["a"], [2]), 400, "shape [2]"),
        (request(["a"], [2**62, 2**62]), 400, "shape"),
        (request(["a"], outputs=[{"name": "nope"}]), 400, "there is no 'nope'"),
        (request(["a"], outputs=[{"name": "score"}, {"name": "score"}]), 400, "twice"),
        (request(["a"], parameters={"client": 7}), 400, "parameters.client"),
        (request(["a"], id=7), 400, "$.id"),
        (b'{"inputs":[{"name":"text","shape":[1],"datatype":"BYTES","data":["\xff"]}]}', 400, "UTF-8"),
        (b'{"inputs":[],"parameters":' + b"[" * 100_000, 400, "body"),
        (b'{"inputs":[],"parameters":{"a":' + b"[" * 100_000, 400, "nested too deeply"),
    ],
)
def test_a_wrong_request_is_refused_with_its_field(body: bytes, status: int, message: str) -> None:
    with pytest.raises(Refusal) as caught:
        read_query(body, None, max_texts=10)
    assert caught.value.status == status
    assert message in caught.value.message


@pytest.mark.parametrize("length", [b"-1", b"x", b"99999", b"9" * 40, b"", b"1.0"])
def test_a_wrong_length_of_the_json_is_refused(length: bytes) -> None:
    with pytest.raises(Refusal, match="Inference-Header-Content-Length"):
        read_query(request(["a"]), length, max_texts=10)


def test_the_id_is_given_back_and_only_the_outputs_asked_for() -> None:
    query = read_query(request(["a", "b"], id="42", outputs=[{"name": "action"}]), None, max_texts=10)
    body, length = encode_answer(query, [SCORED, SCORED], model="m", version=3, alias="champion", n_classes=2)
    assert length is None
    assert json.loads(body) == {
        "model_name": "m",
        "model_version": "3",
        "id": "42",
        "parameters": {"alias": "champion"},
        "outputs": [{"name": "action", "shape": [2], "datatype": "BYTES", "data": ["remove", "remove"]}],
    }


def test_binary_outputs_follow_the_json_in_order() -> None:
    query = read_query(request(["a"], parameters={"binary_data_output": True}), None, max_texts=10)
    body, length = encode_answer(query, [SCORED], model="m", version=3, alias="champion", n_classes=2)
    assert length is not None
    sizes = [each["parameters"]["binary_data_size"] for each in json.loads(body[:length])["outputs"]]
    assert len(body) == length + sum(sizes)
    assert struct.unpack("<d", body[length : length + 8]) == (0.75,)


def test_an_unknown_size_is_taken_as_it_is() -> None:
    assert read_query(request(["a", "b"], [-1]), None, max_texts=10).texts == ["a", "b"]
