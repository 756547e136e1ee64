"""The loop over clients' own champions: trained side by side, each judged, written down, and never twice."""

import csv
from datetime import timedelta
from pathlib import Path

import pytest

from surtitle.cycle import registry_of, train, train_clients
from surtitle.inbox import LabelInbox, LateLabel
from surtitle.project import Project, load_project
from surtitle.watch.loop import Pass, act_once
from tests.cycle.clubs import SETTINGS, write_clubs
from tests.cycle.projects import NOW

LATER = NOW + timedelta(days=1)
LOOP = '[watch]\nnew_labels = 1\ncooldown = "0s"\ngate_examples = 100\nmin_positives = 10\n'
CLUBS = {"apes": "gibbon", "mice": "marmot", "rest": "rude"}


@pytest.fixture
def clubs(tmp_path: Path) -> Project:
    """A project whose clubs `apes` and `mice` have champions of their own."""
    (tmp_path / "surtitle.toml").write_text(SETTINGS + LOOP, encoding="utf-8")
    write_clubs(tmp_path / "comments.csv", CLUBS, 300)
    project = load_project(tmp_path)
    train(project, now=NOW, environ={})
    train_clients(project, now=NOW, environ={})
    assert sorted(registry_of(project).aliases()) == ["champion", "champion@apes", "champion@mice"]
    return project


def more(project: Project, *, flipped: str = "") -> None:
    """Let new comments with labels come; those of one club may be flipped by an attacker."""
    path = project.root / "comments.csv"
    with path.open(encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    write_clubs(path, CLUBS, 200, seed=1)
    with path.open(encoding="utf-8", newline="") as file:
        new = [[row[0].replace("2026-0", "2026-1"), *row[1:]] for row in list(csv.reader(file))[1:]]
    for row in new:
        row[0] = f"2026-05-{row[0][8:]}"
        row[2] += " again"
        row[3] = str(int(row[3]) ^ (row[1] == flipped))
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([head, *rows, *new])
    inbox = LabelInbox(project.state)
    inbox.add([LateLabel("x", "1", LATER)], now=LATER)
    inbox.close()


def outcomes(done: Pass) -> dict[str | None, str]:
    return {act.client: act.outcome for act in done.acts if act.kind == "policy"}


@pytest.mark.slow
def test_each_champion_is_retrained_on_its_own_and_once(clubs: Project) -> None:
    more(clubs)
    done = act_once(clubs, now=LATER, environ={})
    found = outcomes(done)
    assert found.keys() == {None, "apes", "mice"}
    assert set(found.values()) <= {"promoted", "refused"}
    versions = registry_of(clubs).versions()
    assert [version.facts.client for version in versions[-3:]].count(None) == 1
    assert {version.facts.client for version in versions[-3:]} == {None, "apes", "mice"}
    for act in done.acts:
        if act.kind == "policy":
            assert act.contest is not None
            assert act.contest.gate is not None
    again = act_once(clubs, now=LATER + timedelta(hours=1), environ={})
    assert set(outcomes(again).values()) == {"waited"}
    assert len(registry_of(clubs).versions()) == len(versions)


@pytest.mark.slow
def test_labels_flipped_for_one_client_leave_its_champion_and_the_others_alone(clubs: Project) -> None:
    more(clubs, flipped="apes")
    before = registry_of(clubs).aliases()["champion@apes"]
    done = act_once(clubs, now=LATER, environ={})
    [act] = [act for act in done.acts if act.client == "apes" and act.kind == "policy"]
    assert "they contradict all before" in act.reason
    assert registry_of(clubs).aliases()["champion@apes"] == before
    assert outcomes(done)["mice"] in ("promoted", "refused")


@pytest.mark.slow
def test_a_run_over_clients_that_is_cut_off_is_brought_to_one_end(
    clubs: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    more(clubs)

    def killed(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        # After the clients' models were made and judged, before anything of it is written down.
        patched.setattr("surtitle.watch.loop._Actor._tell", killed)
        patched.setattr("surtitle.watch.loop._Actor._train", lambda self, begun, verdict: begun.act)
        with pytest.raises(KeyboardInterrupt):
            act_once(clubs, now=LATER, environ={})
    versions = len(registry_of(clubs).versions())
    verdicts = len(registry_of(clubs).verdicts())
    done = act_once(clubs, now=LATER + timedelta(hours=1), environ={})
    own = [act for act in done.acts if act.client is not None and act.kind == "policy" and act.contest is not None]
    assert {act.client for act in own} == {"apes", "mice"}
    assert {act.outcome for act in own} <= {"promoted", "refused"}
    made = [version.facts.client for version in registry_of(clubs).versions()[versions:]]
    assert made == [None]  # everybody's, whose training was left out above
    assert len(registry_of(clubs).verdicts()) == verdicts + 1
