"""LIME explanations as scikit-learn transformers."""

from sklime._explanation import Explanation, ExplanationBatch
from sklime._tabular import LimeTabularExplainer

__all__ = ["Explanation", "ExplanationBatch", "LimeTabularExplainer"]

__version__ = "0.1.0"
