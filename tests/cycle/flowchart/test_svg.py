import re
from xml.etree import ElementTree

from hypothesis import given, settings

from surtitle.cycle.flowchart import Node, Plan, to_svg
from surtitle.cycle.flowchart.labels import clean_label

from .charts import HOSTILE, chain, plans, typical

SVG = "{http://www.w3.org/2000/svg}"


@settings(max_examples=40)
@given(plans())
def test_any_plan_gives_well_formed_xml_that_holds_no_foreign_element(plan: Plan) -> None:
    root = ElementTree.fromstring(to_svg(plan))
    tags = {element.tag.removeprefix(SVG) for element in root.iter()}
    drawn = {"svg", "title", "desc", "style", "defs", "marker", "path", "rect", "g", "text", "tspan"}
    assert root.tag == f"{SVG}svg"
    assert tags <= drawn
    assert not any(name.startswith("on") or "href" in name for element in root.iter() for name in element.attrib)


def test_hostile_labels_stay_text() -> None:
    nodes = tuple(Node(str(number), label, "use", "stale") for number, label in enumerate(HOSTILE))
    root = ElementTree.fromstring(to_svg(Plan("<b>&", nodes, ())))
    tooltips = [(title.text or "").split("\n")[0] for title in root.iter(f"{SVG}title")][1:]
    assert tooltips == [clean_label(label) or "use, stale" for label in HOSTILE]


def test_every_node_is_drawn_with_its_state_as_a_word_and_every_edge_once() -> None:
    plan = typical()
    root = ElementTree.fromstring(to_svg(plan))
    words = [
        "".join(text.itertext()).split("\u00a0")[-1] for text in root.iter(f"{SVG}text") if text.get("class") == "state"
    ]
    assert sorted(words) == sorted({"missing": "not made"}.get(node.state, node.state) for node in plan.nodes)
    assert sum((path.get("class") or "").startswith("edge") for path in root.iter(f"{SVG}path")) == len(plan.edges)


def test_it_needs_nothing_from_outside_and_knows_light_and_dark() -> None:
    svg = to_svg(typical())
    assert re.findall(r"https?://[^\"' ]+", svg) == ["http://www.w3.org/2000/svg"]
    assert "url(" not in svg.replace("url(#tip)", "")
    assert "prefers-color-scheme:dark" in svg


def test_its_style_touches_nothing_else_on_a_page() -> None:
    style = to_svg(typical()).split("<style>")[1].split("</style>")[0]
    selectors = re.sub(r"\{[^{}]*\}", "\n", style.replace("@media (prefers-color-scheme:dark){", "")).split("\n")
    names = [name for line in selectors for name in line.strip("} ").split(",") if name]
    assert names
    assert all(name.startswith(".surtitle-chart") for name in names)


def test_everything_stands_inside_the_picture() -> None:
    root = ElementTree.fromstring(to_svg(typical()))
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    for group in root.findall(f"{SVG}g"):
        for x, y in re.findall(r"translate\(([-\d.]+) ([-\d.]+)\)", group.get("transform", "")):
            assert 0 <= float(x) <= width - 304
            assert 0 <= float(y) < height


def test_it_describes_itself_in_words() -> None:
    description = ElementTree.fromstring(to_svg(chain(2))).findtext(f"{SVG}desc")
    assert description == "step 0 (stage, fresh). step 1 (stage, fresh). step 0 leads to step 1"


def test_badges_that_do_not_fit_are_counted() -> None:
    node = Node("a", "a", "artefact", "fresh", badges=tuple(f"challenger@client{number}" for number in range(5)))
    assert "+4" in to_svg(Plan("demo", (node,), ()))


def test_an_empty_plan_says_so() -> None:
    assert "nothing here yet" in to_svg(Plan("demo", (), ()))


def test_the_same_plan_gives_the_same_picture() -> None:
    assert to_svg(typical()) == to_svg(typical())
