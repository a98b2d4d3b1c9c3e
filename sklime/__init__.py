"""LIME explanations as scikit-learn transformers."""

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

from sklime._explanations._explanation import Explanation, ExplanationBatch
from sklime._explanations._images import ImageExplanation, ImageExplanationBatch
from sklime._explanations._internals import Internals
from sklime._explanations._parts import TextExplanation, TextExplanationBatch
from sklime._explanations._submodular_pick import SubmodularPick
from sklime._images._explainer import LimeImageExplainer
from sklime._tables._explainer import LimeTabularExplainer
from sklime._text._explainer import LimeTextExplainer

__all__ = [
    "Explanation",
    "ExplanationBatch",
    "ImageExplanation",
    "ImageExplanationBatch",
    "Internals",
    "LimeImageExplainer",
    "LimeTabularExplainer",
    "LimeTextExplainer",
    "SubmodularPick",
    "TextExplanation",
    "TextExplanationBatch",
]

__version__ = "0.1.0"

# Loaded at the first use: `import sklime` stays fast, and `sklime.metrics` works after it.
_SUBMODULES = frozenset(
    {
        "backgrounds",
        "discretizers",
        "display",
        "kernels",
        "metrics",
        "neighborhoods",
        "parts",
        "readings",
        "selection",
    }
)

# A type checker that reads `__getattr__` believes that every name exists.
if TYPE_CHECKING:
    from sklime import (  # noqa: F401
        backgrounds,
        discretizers,
        display,
        kernels,
        metrics,
        neighborhoods,
        parts,
        readings,
        selection,
    )
else:

    def __getattr__(name: str) -> ModuleType:
        if name in _SUBMODULES:
            return import_module(f"sklime.{name}")
        raise AttributeError(f"module 'sklime' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_SUBMODULES})
