"""The flowchart of a project: what it shows, and how to draw it as SVG, as Mermaid text and in the terminal."""

from surtitle.cycle.flowchart.mermaid import to_mermaid
from surtitle.cycle.flowchart.plan import Kind, Node, Plan, State, check_plan
from surtitle.cycle.flowchart.svg import to_svg
from surtitle.cycle.flowchart.text import LEAST_WIDTH, to_text

__all__ = ["LEAST_WIDTH", "Kind", "Node", "Plan", "State", "check_plan", "to_mermaid", "to_svg", "to_text"]
