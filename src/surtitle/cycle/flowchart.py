"""The flowchart of a project: what it shows, and how to draw it as SVG, as Mermaid text and in the terminal."""

from surtitle.cycle.flowchart_mermaid import to_mermaid
from surtitle.cycle.flowchart_plan import Kind, Node, Plan, State, check_plan
from surtitle.cycle.flowchart_svg import to_svg
from surtitle.cycle.flowchart_text import LEAST_WIDTH, to_text

__all__ = ["LEAST_WIDTH", "Kind", "Node", "Plan", "State", "check_plan", "to_mermaid", "to_svg", "to_text"]
