"""The engine for what is explained by switching parts on and off: texts, and what comes next.

It knows masks, responses and the protocol of `Instance`, and nothing of words or pixels.
"""

from sklime._masks._engine import ExplainedInstance, MaskPlan, explain_instance, explain_instances
from sklime._masks._instance import Instance

__all__ = ["ExplainedInstance", "Instance", "MaskPlan", "explain_instance", "explain_instances"]
