"""LIME explanations as scikit-learn transformers."""

from sklime._explanation import Explanation, ExplanationBatch
from sklime._submodular_pick import SubmodularPick
from sklime._tabular import LimeTabularExplainer

__all__ = ["Explanation", "ExplanationBatch", "LimeTabularExplainer", "SubmodularPick"]

__version__ = "0.1.0"
