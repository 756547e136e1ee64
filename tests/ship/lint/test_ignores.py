"""Ignores: for the instruction that they stand above or in, with a reason, and only as long as they are needed."""

import pytest

from surtitle.ship.lint import lint

BECAUSE = "because the tool insists"


def rules(text: str) -> list[str]:
    """Return what is found of these rules; the rest of a whole file is not there."""
    return [one.rule for one in lint(text.encode()) if one.rule in ("cd", "sudo") or one.rule.startswith("ignore")]


@pytest.mark.parametrize(
    "text",
    [
        f"# surtitle: ignore=cd {BECAUSE}\nRUN cd /a && b\n",
        f"#surtitle:ignore=cd {BECAUSE}\n\n# Something else.\nRUN cd /a && b\n",
        f"RUN cd /a \\\n  # surtitle: ignore=cd {BECAUSE}\n  && b\n",
        f"# surtitle: ignore=cd {BECAUSE}\n# surtitle: ignore=sudo {BECAUSE}\nRUN cd /a && sudo b\n",
        f"# surtitle: ignore=cd,sudo {BECAUSE}\nRUN cd /a && sudo b\n",
    ],
)
def test_a_finding_is_left_out(text: str) -> None:
    assert rules(f"FROM x\n{text}") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# surtitle: ignore=cd\nRUN cd /a && b\n", ["ignore-reason", "cd"]),
        ("# surtitle: ignore=cd because\nRUN cd /a && b\n", ["ignore-reason", "cd"]),
        ("# surtitle: ignore\nRUN cd /a && b\n", ["ignore-reason", "cd"]),
        ("# surtitle: ignroe=cd because x\nRUN cd /a && b\n", ["ignore-reason", "cd"]),
        (f"# surtitle: ignore=cdd {BECAUSE}\nRUN cd /a && b\n", ["ignore-unknown", "cd"]),
        (f"# surtitle: ignore=sudo {BECAUSE}\nRUN cd /a && b\n", ["ignore-unused", "cd"]),
        (f"# surtitle: ignore=cd {BECAUSE}\nRUN a\nRUN cd /a && b\n", ["ignore-unused", "cd"]),
        (f"RUN cd /a && b\n# surtitle: ignore=cd {BECAUSE}\n", ["cd", "ignore-unused"]),
    ],
)
def test_what_is_wrong_with_an_ignore_is_a_finding(text: str, expected: list[str]) -> None:
    assert rules(f"FROM x\n{text}") == expected


def test_a_rule_that_is_left_out_makes_no_ignore_unused() -> None:
    text = f"FROM x\n# surtitle: ignore=cd {BECAUSE}\nRUN a\n"
    assert "ignore-unused" not in [one.rule for one in lint(text.encode(), skip=["cd"])]
