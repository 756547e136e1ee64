"""Traffic that was never there: a sample community, for demonstrations, load and drift."""

from surtitle.simulate.community import COMMUNITIES, Change, Comment, Community, best_auc, generate

__all__ = ["COMMUNITIES", "Change", "Comment", "Community", "best_auc", "generate"]
