"""Late labels that come back without texts are joined to them by the query of the how-to."""

import re
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from surtitle.inbox import LabelInbox, LateLabel
from surtitle.progress import SILENT
from surtitle.project import load_project
from surtitle.watch.history import project_of, read_history

PAGE = Path(__file__).parents[2] / "docs/how-to/retrain-automatically.md"
NOW = datetime(2026, 4, 1, tzinfo=UTC)
START = datetime(2026, 3, 1, tzinfo=UTC)


def test_the_query_of_the_how_to_makes_examples_of_late_labels(tmp_path: Path) -> None:
    [settings] = re.findall(r"```toml\n(\[data\]\ndatabase.*?)```", PAGE.read_text(encoding="utf-8"), re.S)
    assert tomllib.loads(settings)["data"]["database"] == ".surtitle/labels.db"
    (tmp_path / "surtitle.toml").write_text(settings, encoding="utf-8")
    first = [f"f{n},first words number {n},{n % 2},{(START + timedelta(hours=n)).isoformat()}" for n in range(100)]
    (tmp_path / "first.csv").write_text("\n".join(["id,text,removed,created_utc", *first]), encoding="utf-8")
    later = START + timedelta(days=10)
    events = [
        {"id": f"e{n}", "text": f"later words number {n}", "time": (later + timedelta(hours=n)).isoformat()}
        for n in range(60)
    ]
    (tmp_path / "events.jsonl").write_bytes(b"\n".join(map(msgspec.json.encode, events)))
    project = load_project(tmp_path)
    project.state.mkdir()
    inbox = LabelInbox(project.state)
    inbox.add([LateLabel(f"e{n}", "0", later) for n in range(40)], now=NOW)
    inbox.add([LateLabel(f"e{n}", "1", later + timedelta(days=1)) for n in range(20)], now=NOW)
    inbox.add([LateLabel("of nobody", "1", later)], now=NOW)
    inbox.close()

    history = read_history(project_of(project, None), now=NOW, environ={}, reporter=SILENT)
    assert len(history) == 140
    learnt = [(text, int(y)) for text, y in zip(history.texts(slice(100, 140)), history.y[100:], strict=True)]
    assert learnt == [(f"later words number {n}", int(n < 20)) for n in range(40)]
    assert history.time(100) == later
