"""Displays: draw arrays that they are handed; nothing is computed or drawn at random here."""

from sklime.display._bars import LimeExplanationDisplay

__all__ = ["LimeExplanationDisplay"]
