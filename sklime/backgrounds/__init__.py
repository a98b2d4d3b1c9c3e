"""Backgrounds: distributions of replacement values, learnt from training rows."""

from sklime.backgrounds._base import BaseBackground
from sklime.backgrounds._copula import CopulaBackground
from sklime.backgrounds._empirical import EmpiricalBackground
from sklime.backgrounds._marginal import MarginalBackground
from sklime.backgrounds._normal import NormalBackground

__all__ = [
    "BaseBackground",
    "CopulaBackground",
    "EmpiricalBackground",
    "MarginalBackground",
    "NormalBackground",
]
