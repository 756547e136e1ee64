"""The loop over two dated sets beside the first model alone, by the very command that a user would type.

`crisislex_t6` holds six disasters one after the other: the first model is made of the first one. `airline_tweets` is
one week of one subject, where nothing should have to be done.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from _claims import Claim, arguments, machine, need_data, tell, versions

SETS = {
    "crisislex_t6": (
        'text = "text"\nlabel = "label"\ntime = "created_utc"\n',
        ["--first", "2012-10-31", "--by", "event", "--set", "watch.period=6h"],
        0.10,
    ),
    "airline_tweets": (
        'text = "text"\nlabel = "label"\ntime = "created_utc"\nclient = "airline"\n',
        ["--first", "2015-02-20", "--by", "client"],
        -0.01,
    ),
}
QUICK = ("airline_tweets",)
BY_PERIOD = ("airline_tweets",)


def main() -> None:
    """Replay the sets, print a claim each, and a table of their parts."""
    options = arguments(__doc__ or "")
    for name in QUICK if options.quick else tuple(SETS):
        columns, flags, floor = SETS[name]
        started = time.perf_counter()
        outcome = replay(name, columns, flags)
        seconds = time.perf_counter() - started
        total = outcome["total"]
        ours, alone = total["loop"]["accuracy"], total["static"]["accuracy"]
        gain = ours["value"] - alone["value"]
        tell(
            Claim(
                claim=f"{name}: accuracy that the loop gains over the first model alone, labels 1 day late",
                value=round(gain, 4),
                unit="accuracy",
                floor=floor,
                holds=gain >= floor,
                peer={"name": "first model alone", **alone},
                ratio=ours["value"] / alone["value"],
                versions=versions("surtitle", "spacy", "numpy"),
                note=f"{told(outcome)}, {seconds:.0f} s; {machine()}",
            ),
            as_json=options.json,
        )
        if not options.json:
            print_parts(outcome)
            if name in BY_PERIOD:
                print_periods(outcome)


def replay(name: str, columns: str, flags: list[str]) -> dict[str, Any]:
    """Run `surtitle replay` on one set, and return its JSON."""
    source = next(need_data(name).glob("*.csv.gz"))
    with tempfile.TemporaryDirectory(prefix="surtitle-bench-") as folder:
        settings = f'[project]\nname = "{name}"\n[data]\nsource = "{source}"\n{columns}[evaluate]\nresamples = 200\n'
        (Path(folder) / "surtitle.toml").write_text(settings, encoding="utf-8")
        command = [sys.executable, "-m", "surtitle.cli", "replay", "--label-delay", "1d", *flags, "--json"]
        done = subprocess.run(command, cwd=folder, capture_output=True, check=True)
    outcome: dict[str, Any] = json.loads(done.stdout)
    return outcome


def told(outcome: dict[str, Any]) -> str:
    """Say how often the loop acted, and how long it took."""
    delays = [each["delay_s"] / 3600 for each in outcome["retrainings"] if each["delay_s"] is not None]
    late = f", {', '.join(f'{delay:.0f}' for delay in delays)} h after quality fell" if delays else ""
    return f"{len(outcome['retrainings'])} trainings{late}, {outcome['promotions']} promotions"


def print_parts(outcome: dict[str, Any]) -> None:
    """Print the table that stands in README.md."""
    print("| part | events | accuracy alone | with the loop | AUC alone | with the loop | promoted after |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for part in (*outcome["parts"], outcome["total"]):
        after = part["first_promotion_s"]
        cells = [part["name"], f"{part['n']:,}"]
        cells += [figure(part[side][name]) for name in ("accuracy", "auc") for side in ("static", "loop")]
        print(f"| {' | '.join([*cells, '–' if after is None else f'{after / 3600:.0f} h'])} |")


def print_periods(outcome: dict[str, Any]) -> None:
    """Print the periods, which are days here, as they stand in README.md."""
    print("| day | events | accuracy alone | with the loop | AUC alone | with the loop | version |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for period in outcome["periods"]:
        alone, loop = period["static"], period["loop"]
        cells = [alone["start"][:10], f"{alone['n_decisions']:,}"]
        cells += [figure(side[name]) for name in ("accuracy", "auc") for side in (alone, loop)]
        print(f"| {' | '.join([*cells, str(loop['version'])])} |")


def figure(interval: dict[str, float] | None) -> str:
    """Write a figure with its interval."""
    return "–" if interval is None else f"{interval['value']:.3f} [{interval['low']:.3f}, {interval['high']:.3f}]"


if __name__ == "__main__":
    main()
