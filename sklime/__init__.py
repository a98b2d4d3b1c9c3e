"""LIME explanations as scikit-learn transformers."""

from sklime._explanation import Explanation, ExplanationBatch
from sklime._submodular_pick import SubmodularPick
from sklime._tabular import LimeTabularExplainer
from sklime._text import LimeTextExplainer
from sklime._text_explanation import TextExplanation, TextExplanationBatch

__all__ = [
    "Explanation",
    "ExplanationBatch",
    "LimeTabularExplainer",
    "LimeTextExplainer",
    "SubmodularPick",
    "TextExplanation",
    "TextExplanationBatch",
]

__version__ = "0.1.0"
