"""`surtitle promote`, `surtitle rollback` and `surtitle models` together: they tell one story."""

from pathlib import Path

import pytest

from surtitle.errors import ExitCode
from tests.cli.conftest import Run


def test_a_version_that_is_not_worse_becomes_champion(trained: Path, run: Run) -> None:
    run("train", "--project", trained, "--set", "train.c=2.0")
    ran = run("promote", "2", "--project", trained)
    assert ran.code == ExitCode.DONE, ran.out + ran.err
    assert "The difference in AUC, version 2 minus version 1" in ran.out
    assert "champion is now version 2." in ran.out
    assert run("models", "--project", trained, "--json").json()["aliases"]["champion"] == 2


def test_a_refusal_says_why_and_moves_nothing(worse: Path, run: Run) -> None:
    ran = run("promote", "2", "--project", worse)
    assert ran.code == ExitCode.REFUSED
    assert "must be above -0.01, and is not" in ran.out
    assert "Refused. The champion stays" in ran.out
    assert run("models", "--project", worse, "--json").json()["aliases"]["champion"] == 1


def test_json_holds_verdict_and_move(worse: Path, run: Run) -> None:
    refused = run("promote", "2", "--project", worse, "--json")
    assert refused.code == ExitCode.REFUSED
    assert (refused.json()["promoted"], refused.json()["move"]) == (False, None)
    assert refused.json()["verdict"]["passed"] is False
    forced = run("promote", "2", "--project", worse, "--json", "--force", "--why", "a test").json()
    assert (forced["promoted"], forced["move"]["forced"], forced["move"]["why"]) == (True, True, "a test")


@pytest.mark.parametrize("why", [[], ["--why", "  "]])
def test_force_needs_a_reason(worse: Path, run: Run, why: list[str]) -> None:
    ran = run("promote", "2", "--project", worse, "--force", *why)
    assert ran.code == ExitCode.WRONG_INPUT
    assert "--why" in ran.err


def test_force_overrules_and_rollback_takes_it_back(worse: Path, run: Run) -> None:
    assert "champion is now version 2 (forced)." in run("promote", "2", "--project", worse, "--force", "--why", "x").out
    back = run("rollback", "--project", worse, "--why", "it was bad")
    assert back.code == ExitCode.DONE
    assert back.out == "champion is version 1 again (it was 2).\n"


def test_a_client_can_have_a_champion_of_its_own(worse: Path, run: Run) -> None:
    arguments = ["--client", "chess", "--force", "--why", "a trial", "--project", worse]
    assert run("promote", "2", *arguments).code == ExitCode.DONE
    aliases = run("models", "--project", worse, "--json").json()["aliases"]
    assert (aliases["champion"], aliases["champion@chess"]) == (1, 2)
    gone = run("rollback", "--client", "chess", "--project", worse)
    assert gone.out == "champion@chess is gone; chess has the general champion again.\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["promote", "9"], "9"),
        (["promote", "nonsense!"], "neither a version nor an alias"),
        (["promote", "1"], "version 1 is champion already"),
        (["rollback"], "no version before"),
        (["rollback", "--client", "a/b"], "cannot be a client's name"),
    ],
)
def test_moves_that_make_no_sense_are_refused(trained_once: Path, run: Run, arguments: list[str], message: str) -> None:
    ran = run(*arguments, "--project", trained_once)
    assert ran.code == ExitCode.WRONG_INPUT
    assert message in ran.err


def test_rollback_json_is_the_move(worse: Path, run: Run) -> None:
    run("promote", "2", "--project", worse, "--force", "--why", "x")
    move = run("rollback", "--project", worse, "--json").json()
    assert (move["kind"], move["from_version"], move["to_version"]) == ("rollback", 2, 1)
