"""The Open Inference Protocol, spoken by NVIDIA's `tritonclient`, the client library that most of its users have."""

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tests.serve.services import Service

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # its own dependencies use what is deprecated
    import tritonclient.http as triton

TEXTS = ["you dummy", "how kind 💐"]


@pytest.fixture
def client(service: Service) -> Iterator[Any]:
    made = triton.InferenceServerClient(f"127.0.0.1:{service.port}")
    yield made
    made.close()


def tensor(*, binary: bool, shape: tuple[int, ...] = (2,)) -> Any:
    made = triton.InferInput("text", list(shape), "BYTES")
    made.set_data_from_numpy(np.array(TEXTS, dtype=object).reshape(shape), binary_data=binary)
    return made


def test_health_and_metadata(client: Any) -> None:
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.is_model_ready("garden")
    assert client.is_model_ready("garden", "2")
    assert not client.is_model_ready("nope")
    assert not client.is_model_ready("garden", "99")
    assert client.get_server_metadata()["name"] == "surtitle"
    metadata = client.get_model_metadata("garden")
    assert metadata["versions"] == ["1", "2"]
    assert metadata["inputs"] == [{"name": "text", "datatype": "BYTES", "shape": [-1]}]
    assert [output["name"] for output in metadata["outputs"]] == ["score", "label", "action", "probabilities"]


@pytest.mark.parametrize("binary_in", [True, False])
@pytest.mark.parametrize("binary_out", [True, False])
@pytest.mark.parametrize("shape", [(2,), (2, 1)])
def test_inference_agrees_with_decide(
    client: Any, service: Service, binary_in: bool, binary_out: bool, shape: tuple[int, ...]
) -> None:
    wanted = [
        triton.InferRequestedOutput(name, binary_data=binary_out) for name in ("score", "action", "probabilities")
    ]
    result = client.infer("garden", [tensor(binary=binary_in, shape=shape)], outputs=wanted, request_id="42")
    decided = service.decide([{"text": text} for text in TEXTS]).json()
    assert result.as_numpy("score").tolist() == [each["score"] for each in decided]
    actions = [value.decode() if isinstance(value, bytes) else value for value in result.as_numpy("action")]
    assert actions == [each["action"] for each in decided]
    assert result.as_numpy("probabilities").shape == (2, 2)
    assert result.get_response()["id"] == "42"
    assert result.get_response()["model_version"] == "1"


def test_what_the_client_asks_for_by_default_is_understood(client: Any) -> None:
    result = client.infer("garden", [tensor(binary=True)])
    assert result.as_numpy("label").tolist() == [b"1", b"0"]


def test_a_version_can_be_asked_for(client: Any) -> None:
    answer = client.infer("garden", [tensor(binary=True)], model_version="2").get_response()
    assert answer["model_version"] == "2"
    assert answer["parameters"] == {"alias": "v2"}


@pytest.mark.parametrize(
    ("model", "version", "name", "status", "message"),
    [
        ("nope", "", "text", "404", "this service has 'garden'"),
        ("garden", "99", "text", "404", "no version 99"),
        ("garden", "", "words", "400", "takes one, 'text'"),
    ],
)
def test_errors_reach_the_client_in_words(
    client: Any, model: str, version: str, name: str, status: str, message: str
) -> None:
    wrong = triton.InferInput(name, [1], "BYTES")
    wrong.set_data_from_numpy(np.array(["a"], dtype=object))
    with pytest.raises(triton.InferenceServerException, match=message) as caught:
        client.infer(model, [wrong], model_version=version)
    assert caught.value.status() == status
