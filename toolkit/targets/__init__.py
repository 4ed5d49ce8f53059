"""Task texts and the prose of 完成情况 come in; targets proposed, figures found, progress and its findings go out.

Knows nothing of sheets, forms or files: what is proposed here counts only after a person confirmed it.
"""

from toolkit.targets.done import says_done
from toolkit.targets.progress import Light, PaceLimits, Progress, TargetFinding, check_figures, measure
from toolkit.targets.prose import ProposedFigure, check_prose, check_said, propose_figures, short
from toolkit.targets.quantities import Quantity, Role, find_quantities
from toolkit.targets.targets import ProposedTarget, Target, TargetKey, link_shared, propose_targets

__all__ = [
    "Light",
    "PaceLimits",
    "Progress",
    "ProposedFigure",
    "ProposedTarget",
    "Quantity",
    "Role",
    "Target",
    "TargetFinding",
    "TargetKey",
    "check_figures",
    "check_prose",
    "check_said",
    "find_quantities",
    "link_shared",
    "measure",
    "propose_figures",
    "propose_targets",
    "says_done",
    "short",
]
