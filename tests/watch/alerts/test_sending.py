"""Alerts to real servers: those that take them, and those that are down, slow, or refuse."""

import contextlib
import json
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from surtitle.errors import SettingsError
from surtitle.project import Project
from surtitle.settings import AlertSettings, DataSettings, Settings
from surtitle.settings_text import parse_settings
from surtitle.watch.alerts.happenings import Told, failing, happenings_of
from surtitle.watch.alerts.mail_server import parse_mail_server
from surtitle.watch.alerts.sending import Delivery, send_alerts
from tests.watch.alerts.looks import NOW, act, look
from tests.webhook.receiver import Receiver, Reply

BAD = happenings_of(look(bad=True))
SECRETS = {"SECRET": "whsec_c2VjcmV0", "PASSWORD": "hunter2", "HOOK": "T0/B0/xyz"}


def project_with(folder: Path, **alerts: object) -> Project:
    alerts = {"attempts": 2, **alerts}
    # Tests give what they mean.
    return Project(folder, Settings(data=DataSettings(source="a.csv"), alerts=AlertSettings(**alerts)))  # type: ignore[arg-type]


def send(project: Project, told: Told, **options: object) -> list[Delivery]:
    return send_alerts(
        project,
        told,
        now=NOW,
        environ=SECRETS,
        sleep=lambda _: None,
        **options,  # type: ignore[arg-type]  # whatever the server takes
    )


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def test_a_webhook_is_told_once_signed_and_named(tmp_path: Path) -> None:
    with Receiver() as receiver:
        project = project_with(tmp_path, webhooks=(f"{receiver.url}#secret=${{SECRET}}",))
        assert [each.error for each in send(project, BAD)] == [""]
        assert send(project, BAD) == []
        (got,) = receiver.got
    assert [each["kind"] for each in json.loads(got.body)["alerts"]] == ["bad_period"]
    assert got.headers["webhook-signature"].startswith("v1,")
    assert got.headers["idempotency-key"] == got.headers["webhook-id"]


def test_a_chat_is_told_and_its_address_is_a_secret(tmp_path: Path) -> None:
    with Receiver() as receiver:
        base = receiver.url.removesuffix("/hook")
        whole = SECRETS | {"URL": f"{base}/all"}
        project = project_with(tmp_path, slack=(f"{base}/${{HOOK}}", "${URL}"))
        found = send_alerts(project, BAD, now=NOW, environ=whole)
        assert sorted(got.path for got in receiver.got) == ["/T0/B0/xyz", "/all"]
        assert {tuple(json.loads(got.body)) for got in receiver.got} == {("text",)}
    assert "xyz" not in str(found)
    assert str(receiver.port) not in found[1].channel


def test_only_what_is_new_is_told(tmp_path: Path) -> None:
    with Receiver() as receiver:
        project = project_with(tmp_path, webhooks=(receiver.url,))
        send(project, BAD)
        send(project, happenings_of(look(bad=True, acts=(act("promoted"),))))
        told = [[each["kind"] for each in json.loads(got.body)["alerts"]] for got in receiver.got]
    assert told == [["bad_period"], ["promoted"]]


def test_only_the_kinds_asked_for_are_told(tmp_path: Path) -> None:
    with Receiver() as receiver:
        send(project_with(tmp_path, webhooks=(receiver.url,), kinds=("promoted",)), BAD)
        assert receiver.got == []


def test_a_failure_is_told_once_until_a_look_succeeds(tmp_path: Path) -> None:
    broken = failing("moderation", "the disk is full", NOW)
    with Receiver() as receiver:
        project = project_with(tmp_path, webhooks=(receiver.url,))
        for told in (broken, broken, happenings_of(look()), broken):
            send(project, told)
        assert len(receiver.got) == 2


def test_what_was_not_taken_is_sent_again_under_the_same_name(tmp_path: Path) -> None:
    with Receiver(Reply(503), Reply(0)) as receiver:
        project = project_with(tmp_path, webhooks=(receiver.url,))
        (failed,) = send(project, BAD)
        assert "2 attempts" in failed.error
        assert [each.error for each in send(project, BAD)] == [""]
        names = {got.headers["webhook-id"] for got in receiver.got}
    assert (len(names), len(receiver.got)) == (1, 3)


@pytest.mark.parametrize(
    ("reply", "attempts", "told"),
    [
        (Reply(400), 1, "answered 400"),
        (Reply(403), 1, "answered 403"),
        (Reply(302, headers={"Location": "http://127.0.0.1:1/"}), 1, "answered 302"),
        (Reply(500), 2, "answered 500"),
        (Reply(429), 2, "answered 429"),
        (Reply(0), 2, "gave no answer"),
    ],
)
def test_a_refusal_is_final_and_trouble_is_tried_again(tmp_path: Path, reply: Reply, attempts: int, told: str) -> None:
    with Receiver(reply, reply) as receiver:
        (found,) = send(project_with(tmp_path, webhooks=(receiver.url,)), BAD)
        assert len(receiver.got) == attempts
    assert told in found.error


def test_one_that_is_down_keeps_none_of_the_others_waiting(tmp_path: Path) -> None:
    with Receiver() as receiver:
        project = project_with(tmp_path, webhooks=(f"http://127.0.0.1:{free_port()}/", receiver.url))
        down, up = send(project, BAD)
        assert len(receiver.got) == 1
    assert "cannot be reached" in down.error
    assert up.error == ""


def test_one_that_says_nothing_is_left_at_the_deadline(tmp_path: Path) -> None:
    with Receiver(Reply(stalls=True)) as receiver:
        project = project_with(tmp_path, webhooks=(receiver.url,))
        began = time.monotonic()
        (found,) = send(project, BAD, deadline_s=0.3)
    assert time.monotonic() - began < 5
    assert "has not answered within 0.3 s" in found.error


@pytest.mark.parametrize(
    ("alerts", "told"),
    [
        ({"webhooks": ("https://ops.example/#secret=${NOT_SET}",)}, "NOT_SET"),
        ({"webhooks": ("nonsense",)}, "nonsense"),
        ({"slack": ("${NOT_SET}",)}, "${NOT_SET} is not set to an address"),
        ({"slack": ("${SECRET}",)}, "${SECRET} is not set to an address"),
        ({"email": ("me@ops.example",), "smtp": "smtp://bot:${NOT_SET}@mail.example"}, "NOT_SET"),
        ({"email": ("me@ops.example",), "smtp": "mail.example"}, "alerts.smtp"),
    ],
)
def test_a_wrong_address_is_told_without_secrets(tmp_path: Path, alerts: dict[str, object], told: str) -> None:
    (found,) = send(project_with(tmp_path, email_from="bot@ops.example", **alerts), BAD)
    assert told in found.error
    assert not any(secret in str(found) for secret in SECRETS.values())


def test_a_memory_that_is_damaged_stops_nothing(tmp_path: Path) -> None:
    project = project_with(tmp_path, webhooks=("http://127.0.0.1:1/",))
    project.state.mkdir()
    (project.state / "alerts.db").write_bytes(b"no database at all, " * 100)
    (found,) = send(project, BAD)
    assert "alerts.db" in found.error


def test_without_channels_nothing_is_written(tmp_path: Path) -> None:
    assert send(project_with(tmp_path), BAD) == []
    assert not (tmp_path / ".surtitle").exists()


# Mail, by a real server


class Post(Message):
    """Keeps the mails that come."""

    def __init__(self) -> None:
        super().__init__()
        self.mails: list[object] = []

    def handle_message(self, message: object) -> None:
        self.mails.append(message)


class Refusing(Post):
    """Refuses who is written to, or the mail."""

    def __init__(self, *, rcpt: str = "", data: str = "") -> None:
        super().__init__()
        self.asked = 0
        self._rcpt, self._data = rcpt, data

    # Aiosmtpd's name.
    async def handle_RCPT(self, _s: object, _i: object, envelope: object, address: str, _o: object) -> str:  # noqa: N802
        self.asked += 1
        if not self._rcpt:
            envelope.rcpt_tos.append(address)  # type: ignore[attr-defined]  # of aiosmtpd
        return self._rcpt or "250 OK"

    async def handle_DATA(self, *_: object) -> str:  # noqa: N802 aiosmtpd's name
        return self._data


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    folder = tmp_path_factory.mktemp("tls")
    names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *names, *files]
    subprocess.run(make, check=True, capture_output=True)
    trust = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trust.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return folder / "cert.pem", trust


@contextlib.contextmanager
def mail_server(handler: Post, **options: Any) -> Iterator[int]:
    port = free_port()
    controller = Controller(handler, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


def mailing(folder: Path, smtp: str) -> Project:
    return project_with(folder, email=("me@ops.example",), email_from="bot@ops.example", smtp=smtp)


def test_a_mail_comes_over_tls_by_one_who_logged_in(tmp_path: Path, certificate: tuple[Path, ssl.SSLContext]) -> None:
    post, (ca, trust), logins = Post(), certificate, []

    def authenticate(_server: SMTP, _session: object, _envelope: object, _how: str, data: LoginPassword) -> AuthResult:
        logins.append((data.login, data.password))
        return AuthResult(success=data.password == b"hunter2", handled=False)

    options = {"tls_context": trust, "require_starttls": True, "authenticator": authenticate, "auth_required": True}
    with mail_server(post, **options) as port:
        smtp = f"smtp://bot:${{PASSWORD}}@127.0.0.1:{port}#ca={ca}"
        assert [each.error for each in send(mailing(tmp_path, smtp), BAD)] == [""]
        assert send(mailing(tmp_path, smtp), BAD) == []
        wrong = mailing(tmp_path / "other", smtp.replace("PASSWORD", "SECRET"))
        (tmp_path / "other").mkdir()
        (refused,) = send(wrong, BAD)
    (mail,) = post.mails
    # Mails are objects to the sink.
    assert mail["Subject"] == "[warning] moderation: 2026-03-07 12:00 was bad"  # type: ignore[index]
    assert logins[0] == (b"bot", b"hunter2")
    assert "answers 535" in refused.error
    assert not any(secret in str(refused) for secret in SECRETS.values())


def test_tls_from_the_start(tmp_path: Path, certificate: tuple[Path, ssl.SSLContext]) -> None:
    post, (ca, trust) = Post(), certificate
    with mail_server(post, ssl_context=trust) as port:
        assert [each.error for each in send(mailing(tmp_path, f"smtps://127.0.0.1:{port}#ca={ca}"), BAD)] == [""]
        (tmp_path / "other").mkdir()
        (untrusted,) = send(mailing(tmp_path / "other", f"smtps://127.0.0.1:{port}"), BAD)
    assert len(post.mails) == 1
    assert "not safe to use" in untrusted.error


def test_a_server_without_tls_gets_nothing_unless_it_is_here_and_that_is_asked_for(tmp_path: Path) -> None:
    post = Post()
    with mail_server(post) as port:
        (refused,) = send(mailing(tmp_path, f"smtp://127.0.0.1:{port}"), BAD)
        assert "not safe to use" in refused.error
        assert post.mails == []
        assert [each.error for each in send(mailing(tmp_path, f"smtp://127.0.0.1:{port}#tls=off"), BAD)] == [""]
    assert len(post.mails) == 1


@pytest.mark.parametrize(
    ("handler", "attempts", "told"),
    [
        (Refusing(rcpt="550 no such user"), 1, "refuses it with 550"),
        (Refusing(rcpt="451 try later"), 2, "refuses it with 451"),
        (Refusing(data="554 spam"), 1, "answers 554"),
        (Refusing(data="452 full"), 2, "answers 452"),
    ],
)
def test_a_mail_refused_for_good_is_not_tried_again(
    tmp_path: Path, handler: Refusing, attempts: int, told: str
) -> None:
    with mail_server(handler) as port:
        (found,) = send(mailing(tmp_path, f"smtp://127.0.0.1:{port}#tls=off"), BAD)
    assert told in found.error
    assert handler.asked == attempts


def test_a_mail_server_that_is_away_is_told(tmp_path: Path) -> None:
    (found,) = send(mailing(tmp_path, f"smtp://127.0.0.1:{free_port()}#tls=off"), BAD)
    assert "the mail server is away" in found.error


def test_a_mail_server_that_drips_is_left_at_the_deadline(tmp_path: Path) -> None:
    listener, over = socket.create_server(("127.0.0.1", 0)), threading.Event()

    def drip() -> None:
        connection, _ = listener.accept()
        with connection, contextlib.suppress(OSError):
            while not over.wait(0.05):
                connection.sendall(b"2")

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        address = f"smtp://127.0.0.1:{listener.getsockname()[1]}#tls=off"
        (found,) = send(mailing(tmp_path, address), BAD, deadline_s=0.5)
    finally:
        over.set()
        thread.join()
        listener.close()
    assert "has not answered within 0.5 s" in found.error


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("mail.example", "write smtp://"),
        ("http://mail.example", "write smtp://"),
        ("smtp://mail.example:99999", "ort"),
        ("smtp://mail.example#tls=off", "not on this machine"),
        ("smtp://mail.example#tls=maybe", "may only be off"),
        ("smtp://mail.example#timeout_s=soon", "number of seconds"),
        ("smtp://mail.example#batch=3", "is not a setting"),
    ],
)
def test_a_mail_server_that_cannot_be_is_refused(address: str, told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        parse_mail_server(address, {})


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ('slack = ["https://hooks.chat.example/T0/B0/xyz"]', "alerts.slack[0]"),
        ('email = ["me@ops.example"]', "alerts.email_from"),
        ('email = ["me@ops.example"]\nemail_from = "bot@ops.example"', "alerts.smtp"),
        ('email = ["you and me"]', "alerts.email[0]"),
        ('smtp = "smtp://bot:hunter2@mail.example"', "holds a password"),
        ('metrics_file = "watch.txt"', "alerts.metrics_file"),
        ('kinds = ["everything"]', "alerts.kinds"),
        ("attempts = 0", "alerts.attempts"),
    ],
)
def test_settings_that_cannot_be_are_refused_with_their_path(setting: str, told: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_settings(f"[data]\nsource = 'a.csv'\n[alerts]\n{setting}")
    assert told in str(caught.value)
    assert "hunter2" not in str(caught.value)
