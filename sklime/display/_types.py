"""Types that the annotations of displays share."""

from typing import Any, TypeAlias

__all__ = ["Axis", "Label", "Style", "View"]

# Ends of an axis, the lower one first.
Axis: TypeAlias = tuple[float, float]

# A name that the user gave: of a row, a class, an output, a column.
Label: TypeAlias = Any

# Keyword arguments of a method of matplotlib.
Style: TypeAlias = dict[str, Any]

# What a template is filled with: texts, numbers, lists and dicts under names.
View: TypeAlias = dict[str, Any]
