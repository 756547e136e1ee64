"""What a client of the service sees, over real sockets."""

import json
import re
from pathlib import Path

import pytest

from surtitle.cycle import open_scorer, registry_of
from surtitle.errors import SettingsError
from surtitle.project import load_project
from surtitle.serve.keys import hash_key
from surtitle.serve.starting import load_keys
from tests.cycle.projects import NOW
from tests.serve.services import Service, rows_of, serving, wait_until

TEXT = "You are a DUMMY!!!!"


def test_one_event_gives_one_decision(service: Service, garden_once: Path) -> None:
    answer = service.decide({"text": TEXT, "id": "c1", "time": "2026-01-02T03:04:05+01:00", "client": "rose"})
    assert answer.status == 200
    decision = answer.json()
    scored = open_scorer(load_project(garden_once)).scorer.score([TEXT])[0]
    assert decision == {
        "id": "c1",
        "model": "garden",
        "version": 1,
        "client": "rose",
        "score": scored.score,
        "action": scored.action,
        "reasons": [],
        "event_time": "2026-01-02T03:04:05+01:00",
        "decided_at": decision["decided_at"],
        "alias": "champion",
    }


def test_a_list_gives_a_list_in_order_also_when_it_is_long(service: Service, garden_once: Path) -> None:
    texts = [f"{TEXT if i % 3 else 'how kind'} {i}" for i in range(150)]
    decisions = service.decide([{"text": text, "id": str(i)} for i, text in enumerate(texts)]).json()
    assert [decision["id"] for decision in decisions] == [str(i) for i in range(150)]
    scored = open_scorer(load_project(garden_once)).scorer.score(texts)
    assert [decision["score"] for decision in decisions] == pytest.approx([each.score for each in scored], abs=1e-9)


def test_nothing_to_decide_is_no_error(service: Service) -> None:
    assert service.decide([]).json() == []


def test_reasons_come_when_they_are_asked_for(service: Service) -> None:
    reasons = service.decide([{"text": TEXT}], "?explain=true").json()[0]["reasons"]
    assert len(reasons) == 10
    assert reasons[0]["term"] == "dummy"
    assert service.decide([{"text": TEXT}], "?explain=false").json()[0]["reasons"] == []


def test_an_id_is_made_up_from_the_request_which_can_bring_its_own(service: Service) -> None:
    answer = service.decide([{"text": "a"}, {"text": "b"}], **{"x-request-id": "mine-1"})
    assert answer.headers["x-request-id"] == "mine-1"
    assert [decision["id"] for decision in answer.json()] == ["mine-1-0", "mine-1-1"]
    strange = service.decide({"text": "a"}, **{"x-request-id": 'a"b'})
    assert re.fullmatch(r"[0-9a-f]+-[0-9a-f]+", strange.headers["x-request-id"])


@pytest.mark.parametrize(
    ("body", "query", "status", "message"),
    [
        (b"", "", 400, "not JSON"),
        (b"{", "", 400, "not JSON"),
        (b"7", "", 400, "Expected `object | array`, got `int`"),
        (b"{}", "", 400, "missing required field `text`"),
        (b'{"text":1}', "", 400, "$.text"),
        (b'[{"text":"a"},{"text":null}]', "", 400, "$[1].text"),
        (b'{"text":"a","clinet":"b"}', "", 400, "unknown field `clinet`"),
        (b'{"text":"a","time":"2026-01-01T00:00:00"}', "", 400, "$.time"),
        (b'{"text":"a","client":""}', "", 400, "$.client"),
        (b'{"text":"\xff"}', "", 400, "UTF-8"),
        (b'{"text":"\\ud800"}', "", 400, "not JSON"),
        (b'{"text":1e999}', "", 400, "body"),
        (b'{"text":' + b"1" * 5000 + b"}", "", 400, "body"),
        (b"[" * 100_000, "", 400, "body"),
        (b'{"text":"a"}', "?explain=yes", 400, "explain must be true or false"),
        (b'{"text":"a"}', "?explian=true", 400, "no query parameter 'explian'"),
        (b"[" + b'{"text":"a"},' * 1000 + b'{"text":"a"}]', "", 413, "serve.max_texts"),
        (b'{"text":"' + b"a" * 50_001 + b'"}', "", 413, "serve.max_text_chars"),
        (b"a" * 1_000_001, "", 413, "serve.max_body_bytes"),
    ],
)
def test_what_is_wrong_is_refused_with_the_field(
    service: Service, body: bytes, query: str, status: int, message: str
) -> None:
    answer = service.decide(body, query)
    assert answer.status == status
    assert message in answer.json()["error"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nope", 404),
        ("GET", "/decide", 405),
        ("PUT", "/labels", 405),
        ("POST", "/healthz", 405),
        ("GET", "/%00", 404),
    ],
)
def test_a_wrong_path_or_method_is_said_in_json(service: Service, method: str, path: str, status: int) -> None:
    answer = service.call(method, path)
    assert answer.status == status
    assert "/docs" in answer.json()["error"]


def test_labels_are_kept_and_kept_once(service: Service) -> None:
    batch = [{"id": "a", "label": "1", "labelled_at": "2026-01-01T12:00:00+02:00"}, {"id": "b", "label": "0"}]
    assert service.call("POST", "/labels", batch).json() == {"stored": 2, "known": 0}
    assert service.call("POST", "/labels", batch[0]).json() == {"stored": 0, "known": 1}
    query = "SELECT id, label, labelled_at FROM labels WHERE id IN ('a', 'b')"
    rows = rows_of(service.folder / ".surtitle" / "labels.db", query)
    assert rows[0] == ("a", "1", "2026-01-01T10:00:00+00:00")
    assert [row[0] for row in rows] == ["a", "b"]


@pytest.mark.parametrize("body", [b"{}", b'{"id":"","label":"1"}', b'[{"id":"a","label":1}]', b"\xff"])
def test_wrong_labels_are_refused(service: Service, body: bytes) -> None:
    assert service.call("POST", "/labels", body).status == 400


def test_models_are_listed_newest_first(service: Service) -> None:
    models = service.call("GET", "/models").json()
    assert models["model"] == "garden"
    assert models["champion"] == 1
    assert [version["version"] for version in models["versions"]] == [2, 1]
    assert models["versions"][1]["aliases"] == ["champion"]
    assert models["versions"][1]["loaded"]


def test_health_and_metrics(service: Service) -> None:
    assert service.call("GET", "/healthz").json() == {"status": "ok"}
    assert service.call("GET", "/readyz").json() == {"ready": True, "champion": 1}
    service.decide({"text": TEXT})
    metrics = service.call("GET", "/metrics")
    assert metrics.headers["content-type"].startswith("text/plain")
    text = metrics.body.decode()
    for name in (
        'surtitle_requests_total{endpoint="decide",status="200"}',
        'surtitle_request_seconds_count{endpoint="decide"}',
        "surtitle_batch_texts_count",
        'surtitle_decisions_total{action="remove",version="1"}',
        "surtitle_model_version 1.0",
        "surtitle_model_created_timestamp_seconds",
        "surtitle_workers 1.0",
    ):
        assert name in text, name


def test_every_client_gets_its_own_model_and_an_unknown_one_is_told_of_the_general(garden: Path) -> None:
    registry = registry_of(load_project(garden))
    registry.set_alias("champion@rose", 2, now=NOW, why="test")
    with serving(garden) as running:
        events = [{"text": TEXT, "client": client} for client in ("rose", "kitchen", None, "rose")]
        decisions = running.decide(events).json()
        assert [each["alias"] for each in decisions] == ["champion@rose", "champion", "champion", "champion@rose"]
        assert [each["version"] for each in decisions] == [2, 1, 1, 2]
        assert [each["client"] for each in decisions] == ["rose", "kitchen", None, "rose"]
        registry.set_alias("champion@kitchen", 2, now=NOW, why="test")
        wait_until(lambda: running.decide({"text": "a", "client": "kitchen"}).json()["version"] == 2, "a new alias")
        registry.rollback("champion@rose", now=NOW, why="test")
        wait_until(lambda: running.decide({"text": "a", "client": "rose"}).json()["alias"] == "champion", "the general")
        tensor = {"name": "text", "shape": [1], "datatype": "BYTES", "data": [TEXT]}
        asked = {"inputs": [tensor], "parameters": {"client": "kitchen"}}
        inferred = running.call("POST", "/v2/models/garden/infer", asked).json()
        assert inferred["parameters"] == {"alias": "champion@kitchen"}
        assert inferred["model_version"] == "2"


@pytest.mark.parametrize("path", ["/decide", "/events", "/labels", "/v2/models/garden/infer"])
def test_a_web_page_of_another_origin_is_turned_away(service: Service, path: str) -> None:
    refused = service.call("POST", path, b"0", {"Origin": "https://elsewhere.example", "Content-Type": "text/plain"})
    assert refused.status == 403
    assert service.call("POST", path, b"0", {"Origin": service.url}).status == 400


def test_only_who_has_a_key_is_let_in_and_health_is_open(garden: Path) -> None:
    (garden / "keys.txt").write_text(f"nightly:{hash_key('st_one')}\n")
    environ = {"SURTITLE_KEYS": f"other:{hash_key('st_two')}"}
    with serving(garden, "serve.keys_file=keys.txt", environ=environ) as running:
        for key in ("st_one", "st_two"):
            assert running.decide({"text": "a"}, Authorization=f"Bearer {key}").status == 200
        refused = running.decide({"text": "a"}, Authorization="Bearer st_three")
        assert refused.status == 401
        assert refused.headers["www-authenticate"] == "Bearer"
        for path in ("/models", "/metrics", "/v2", "/v2/models/garden"):
            assert running.call("GET", path).status == 401, path
        for path in ("/healthz", "/readyz", "/v2/health/live", "/v2/health/ready", "/docs", "/openapi.json"):
            assert running.call("GET", path).status == 200, path
        assert running.call("GET", "/openapi.json").json()["components"]["securitySchemes"]
        _, log, _ = running.stop()
    entries = [json.loads(line) for line in log.splitlines()]
    assert {entry.get("key") for entry in entries if entry["status"] == 200 and entry["path"] == "/decide"} == {
        "nightly",
        "other",
    }
    assert "st_one" not in log


def test_each_key_has_its_own_rate(garden: Path) -> None:
    environ = {"SURTITLE_KEYS": f"one:{hash_key('st_one')},two:{hash_key('st_two')}"}
    with serving(garden, "serve.rate=0.01", "serve.burst=2", "serve.workers=2", environ=environ) as running:
        answers = [running.decide({"text": "a"}, Authorization="Bearer st_one") for _ in range(3)]
        assert [answer.status for answer in answers] == [200, 200, 429]
        assert int(answers[2].headers["retry-after"]) > 1
        assert running.decide({"text": "a"}, Authorization="Bearer st_two").status == 200


def test_the_access_log_tells_of_requests_and_not_of_texts(garden: Path) -> None:
    with serving(garden) as running:
        running.decide([{"text": "secret words"}, {"text": "b"}], **{"x-request-id": "r1"})
        code, log, err = running.stop()
    assert code == 0, err
    (entry,) = [json.loads(line) for line in log.splitlines()]
    assert entry["request"] == "r1"
    assert (entry["method"], entry["path"], entry["status"], entry["texts"]) == ("POST", "/decide", 200, 2)
    assert "secret" not in log + err


def test_the_access_log_holds_the_texts_only_when_told_to(garden: Path) -> None:
    with serving(garden, "serve.log_texts=true") as running:
        running.decide({"text": "secret words"})
        _, log, _ = running.stop()
    assert json.loads(log)["bodies"] == ["secret words"]


def test_a_file_without_a_key_does_not_let_everybody_in(garden: Path) -> None:
    (garden / "keys.txt").write_text("# to come\n")
    with pytest.raises(SettingsError, match=r"keys\.txt holds no key.*--new-key"):
        load_keys(load_project(garden, ['serve.keys_file="keys.txt"']), {})


def test_listening_wider_without_keys_is_warned_of(garden: Path) -> None:
    with serving(garden, "serve.host=0.0.0.0") as running:
        _, _, err = running.stop()
    assert "serve.keys_file" in err


def test_a_challenger_scores_a_share_unseen_and_is_kept_for_the_gate(garden: Path) -> None:
    assert registry_of(load_project(garden)).aliases()["challenger"] == 2
    with serving(garden, "serve.shadow=1.0") as running:

        def is_kept() -> bool:
            assert running.decide({"text": TEXT, "id": "c1"}).json()["version"] == 1
            return 'surtitle_shadow_total{result="kept"}' in running.call("GET", "/metrics").body.decode()

        wait_until(is_kept, "decisions of the challenger")
    rows = rows_of(garden / ".surtitle" / "shadow.db", "SELECT id, champion, challenger FROM shadow")
    assert set(rows) == {("c1", 1, 2)}
