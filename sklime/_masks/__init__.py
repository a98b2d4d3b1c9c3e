"""The engine that explains instances by removing their parts.

It knows masks, responses and the protocol `Instance`; words and pixels belong to other rooms.
"""

from sklime._masks._answers import Answers
from sklime._masks._engine import ExplainedInstance, explain_instance, explain_instances
from sklime._masks._instance import Instance
from sklime._masks._outcomes import known_classes, warn_failed
from sklime._masks._plan import MaskPlan

__all__ = [
    "Answers",
    "ExplainedInstance",
    "Instance",
    "MaskPlan",
    "explain_instance",
    "explain_instances",
    "known_classes",
    "warn_failed",
]
