"""What comes in while a project runs and waits to be joined by the watch: late labels, and the service's decisions."""

from surtitle.inbox.decisions import DecisionInbox
from surtitle.inbox.labels import Added, LabelInbox, LateLabel

__all__ = ["Added", "DecisionInbox", "LabelInbox", "LateLabel"]
