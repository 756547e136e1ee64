import html
import re

from hypothesis import given, settings

from surtitle.cycle.flowchart import Plan, to_mermaid
from surtitle.cycle.flowchart.labels import clean_label

from .charts import KINDS, STATES, plans, typical

# The whole grammar that we write; labels hold letters, digits, blanks, commas, points, middle dots, entities and our
# own three tags. One run by hand drew the hostile labels with mermaid 11.17 and read the same texts back.
LABEL = r"(?:[^\W_]|[ ,.·]|#\d+;|<br/>|</?[bi]>)*"
CLASS = f"(?:{'|'.join(KINDS)})_(?:{'|'.join(STATES)})"
NODE = re.compile(rf'    n\d+(?:\[\("{LABEL}"\)\]|\("{LABEL}"\)|\["{LABEL}"\]|\(\["{LABEL}"\]\)):::{CLASS}')
EDGE = re.compile(r"    n\d+ --> n\d+")
STYLE = re.compile(rf"    classDef {CLASS} [a-z0-9#:,\- ]+;")


@settings(max_examples=40)
@given(plans())
def test_every_line_is_of_the_grammar_whatever_the_labels_hold(plan: Plan) -> None:
    head, *lines = to_mermaid(plan).rstrip("\n").split("\n")
    assert head == "flowchart TB"
    assert len(lines) == len(plan.nodes) + len(set(plan.edges)) + len({(n.kind, n.state) for n in plan.nodes})
    assert all(NODE.fullmatch(line) or EDGE.fullmatch(line) or STYLE.fullmatch(line) for line in lines)


@settings(max_examples=40)
@given(plans())
def test_the_reader_sees_the_title_as_it_is(plan: Plan) -> None:
    lines = to_mermaid(plan).split("\n")[1 : len(plan.nodes) + 1]
    for node, line in zip(plan.nodes, lines, strict=True):
        title = line.split("<b>")[1].split("</b>")[0]
        shown = html.unescape(re.sub(r"#(\d+);", r"&#\1;", title)).replace("\u2060", "")
        assert shown == clean_label(node.title)


def test_the_typical_plan_reads_well() -> None:
    text = to_mermaid(typical())
    assert '    n7["<b>version 3</b><br/>AUC 0.791 #91;0.765, 0.814#93;<br/>champion"]:::artefact_fresh\n' in text
    assert "    n10 --> n11\n" in text
    assert "<i>stale</i>" in text
