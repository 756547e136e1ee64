"""Plans for the flowchart's tests."""

from hypothesis import strategies as st

from surtitle.cycle.flowchart import Node, Plan

KINDS, STATES = ("data", "stage", "artefact", "use"), ("fresh", "stale", "missing", "unknown")
HOSTILE = (
    "\"quoted\" 'single'",
    "<script>alert(1)</script>",
    "two\nlines\tand a tab",
    "]]> &amp; #35; --> {}()[]",
    "\x1b[31mred\x1b[0m \x00 \ud800 \u202e \ufffe",
    '"]; click n1 "javascript:alert(1)"',
    "%%{init: {}}%% end subgraph",
    "日本語 🙂 e\u0301" * 20,
    "x" * 500,
    "",
)


def chain(length: int) -> Plan:
    """Nodes that need one another in a row."""
    nodes = tuple(Node(f"n{number}", f"step {number}", "stage", "fresh") for number in range(length))
    return Plan("chain", nodes, tuple((f"n{number}", f"n{number + 1}") for number in range(length - 1)))


def typical() -> Plan:
    """A project with everything in it."""
    nodes = (
        Node("data", "comments.csv.gz", "data", "fresh", "28,648 rows · Jan 2023 to Jun 2024", "Ada"),
        Node("settings", "surtitle.toml", "data", "fresh"),
        Node("function", "mycode:prepare", "data", "fresh", "your own function"),
        Node("prepare", "check and prepare", "stage", "fresh", "train 20,053 · validation 2,865 · test 5,730"),
        Node("train", "train", "stage", "stale", owner="Grace"),
        Node("evaluate", "evaluate", "stage", "stale"),
        Node("version", "version 3", "artefact", "fresh", "AUC 0.791 [0.765, 0.814]", badges=("champion",)),
        Node("challenger", "version 4", "artefact", "fresh", badges=("challenger", "challenger@science")),
        Node("gate", "gate", "stage", "fresh", owner="moderation team", badges=("gate passed",)),
        Node("champion", "champion", "artefact", "unknown"),
        Node("score", "surtitle score", "use", "fresh", owner="product team"),
        Node("stream", "stream", "use", "missing"),
    )
    pairs = (
        "data function, function prepare, settings prepare, prepare train, settings train, train evaluate, "
        "prepare evaluate, evaluate version, evaluate challenger, version gate, challenger gate, settings gate, "
        "gate champion, champion score, champion stream"
    )
    source_target = [pair.split() for pair in pairs.split(", ")]
    return Plan("moderation", nodes, tuple((source, target) for source, target in source_target))


texts = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=60))


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Any plan that can be drawn: edges run from earlier to later nodes only, so they hold no circle."""
    count = draw(st.integers(0, 9))
    nodes = tuple(
        Node(
            f"id {number}",
            draw(texts),
            draw(st.sampled_from(KINDS)),
            draw(st.sampled_from(STATES)),
            draw(texts),
            draw(texts),
            tuple(draw(st.lists(texts, max_size=3))),
        )
        for number in range(count)
    )
    pairs = [(f"id {low}", f"id {high}") for low in range(count) for high in range(low + 1, count)]
    edges = tuple(draw(st.lists(st.sampled_from(pairs), max_size=14))) if pairs else ()
    return Plan(draw(texts), nodes, edges)
