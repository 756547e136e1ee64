"""A flowchart as Mermaid text, which GitHub, GitLab and most notebooks draw (mermaid.js.org, "Flowcharts")."""

import re

from surtitle.cycle.flowchart.labels import clean_label
from surtitle.cycle.flowchart.plan import Node, Plan, check_plan

__all__ = ["to_mermaid"]

_SHAPES = {"data": ('[("', '")]'), "stage": ('("', '")'), "artefact": ('["', '"]'), "use": ('(["', '"])')}
_KIND_STYLES = {
    "data": "fill:#e6f0fa,stroke:#2f6fa8,color:#12283c",
    "stage": "fill:#f3eefb,stroke:#7a56b3,color:#2a1b45",
    "artefact": "fill:#e5f4ef,stroke:#20795f,color:#0e3328",
    "use": "fill:#fdf0e1,stroke:#a8651b,color:#402507",
}
_STATE_STYLES = {
    "fresh": "stroke-width:1px",
    "stale": "stroke:#b45309,stroke-width:3px,stroke-dasharray:6 3",
    "missing": "stroke-dasharray:2 3",
    "unknown": "stroke-width:1px",
}
# Letters, digits, blanks and commas pass, and so does the point of a number. All else becomes an entity of Mermaid's
# own kind (#60;), since labels are read for quotes, Markdown and HTML.
_UNSAFE = re.compile(r"(?<!\d)\.|\.(?!\d)|[^\w ,.·]|_")

# Mermaid looks for these once more when it has put the characters back: $$ for formulas, \n for a line's end. A word
# joiner, which takes no room, parts them.
_TAKEN_AFTER_ENTITIES = re.compile(r"\$(?=\$)|\\(?=n)")


def to_mermaid(plan: Plan) -> str:
    """Write `plan` as a Mermaid flowchart.

    Raises
    ------
    UsageError
        If the plan cannot be drawn.

    Examples
    --------
    >>> data, train = Node("d", "a.csv", "data", "fresh"), Node("t", "train", "stage", "stale", detail="AUC 0.79")
    >>> print(to_mermaid(Plan("demo", (data, train), (("d", "t"),))).split("    classDef")[0])
    flowchart TB
        n1[("<b>a#46;csv</b>")]:::data_fresh
        n2("<b>train</b><br/>AUC 0.79<br/><i>stale</i>"):::stage_stale
        n1 --> n2
    <BLANKLINE>
    """
    check_plan(plan)
    names = {node.id: f"n{number}" for number, node in enumerate(plan.nodes, 1)}
    lines = ["flowchart TB"]
    lines += [f"    {names[node.id]}{_shape(node)}:::{node.kind}_{node.state}" for node in plan.nodes]
    lines += [f"    {names[source]} --> {names[target]}" for source, target in dict.fromkeys(plan.edges)]
    for kind, state in dict.fromkeys((node.kind, node.state) for node in plan.nodes):
        lines.append(f"    classDef {kind}_{state} {_KIND_STYLES[kind]},{_STATE_STYLES[state]};")
    return "\n".join(lines) + "\n"


def _shape(node: Node) -> str:
    before, after = _SHAPES[node.kind]
    return f"{before}{_label(node)}{after}"


def _label(node: Node) -> str:
    lines = [f"<b>{_escape(node.title)}</b>", _escape(node.detail)]
    lines.append(" · ".join(_escape(badge) for badge in node.badges))
    lines.append(_escape(node.owner))
    lines.append(f"<i>{node.state}</i>" if node.state in ("stale", "missing") else "")
    return "<br/>".join(line for line in lines if line)


def _escape(text: str) -> str:
    safe = _TAKEN_AFTER_ENTITIES.sub("\\g<0>\u2060", clean_label(text))
    return _UNSAFE.sub(lambda match: f"#{ord(match[0])};", safe)
