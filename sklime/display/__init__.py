"""Displays: draw arrays that they are handed; nothing is computed or drawn at random here."""

from sklime.display._bars import LimeExplanationDisplay
from sklime.display._comparison import LimeComparisonDisplay
from sklime.display._dependence import LimeDependenceDisplay
from sklime.display._fidelity import LimeFidelityDisplay
from sklime.display._global import LimeGlobalDisplay
from sklime.display._heatmap import LimeHeatmapDisplay
from sklime.display._image_axes import LimeImageDisplay
from sklime.display._image_grid import LimeImageGridDisplay
from sklime.display._panels import LimeCohortsDisplay
from sklime.display._stability import LimeStabilityDisplay
from sklime.display._text_axes import LimeTextDisplay
from sklime.display._what_if_axes import LimeWhatIfDisplay

__all__ = [
    "LimeCohortsDisplay",
    "LimeComparisonDisplay",
    "LimeDependenceDisplay",
    "LimeExplanationDisplay",
    "LimeFidelityDisplay",
    "LimeGlobalDisplay",
    "LimeHeatmapDisplay",
    "LimeImageDisplay",
    "LimeImageGridDisplay",
    "LimeStabilityDisplay",
    "LimeTextDisplay",
    "LimeWhatIfDisplay",
]
