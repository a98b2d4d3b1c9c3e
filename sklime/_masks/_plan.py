"""The plan by which instances of parts are explained."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from sklime._surrogates._precision import Precision
from sklime.kernels import uniform_kernel
from sklime.neighborhoods import MaskDistribution, MaskSample
from sklime.utils._types import FloatArray

__all__ = ["MaskPlan"]


@dataclass(frozen=True)
class MaskPlan:
    """How instances of parts are explained.

    Attributes
    ----------
    n_perturbations : int
        Number of masks. All masks are taken where there are no more than that.

    keep : float, pair of float or None, default=None
        Distribution of the masks; see `MaskDistribution`.

    n_replicates, seed : int, default=8, 0
        Number of independent replicates of the masks, and the seed of their random numbers.

    kernel : callable, default=uniform_kernel
        Function of distances and a width that returns weights.

    width : float or None, default=None
        Width of the kernel; `None` is the default width of the metric.

    metric : str or callable, default="cosine"
        Distance of a mask to the one that keeps everything.

    control_variates : bool, default=True
        Whether to use control models.

    surrogate : estimator or None, default=None
        Regressor; `None` is ``Ridge(alpha=1.0)``, or least squares where all masks are taken.

    has_errors : bool, default=True
        Whether to compute standard errors and fidelity.

    on_error : {"raise", "warn"}, default="raise"
        Action if the model answers NaN: raise an error, or return a failed instance.

    nouns : pair of str, default=("document", "words")
        What an instance and its parts are called in messages.

    precision : Precision or None, default=None
        Precision up to which the number of masks is doubled; `n_perturbations` is then ignored.
        It needs `has_errors`.
    """

    n_perturbations: int
    keep: float | tuple[float, float] | None = None
    n_replicates: int = 8
    seed: int = 0
    kernel: Callable[..., FloatArray] = uniform_kernel
    width: float | None = None
    metric: Any = "cosine"
    control_variates: bool = True
    surrogate: Any = None
    has_errors: bool = True
    on_error: Literal["raise", "warn"] = "raise"
    nouns: tuple[str, str] = ("document", "words")
    precision: Precision | None = None

    @property
    def sizes(self) -> list[int]:
        """Return the numbers of masks to try."""
        return [self.n_perturbations] if self.precision is None else self.precision.sizes

    def masks(
        self, n_parts: int, size: int | None = None, *, draws: bool = False
    ) -> MaskSample | None:
        """Return the masks of an instance: all that there are, where they are few.

        Parameters
        ----------
        n_parts : int
            Number of parts of the instance.

        size : int, default=None
            Number of masks, one of `sizes`; `None` is the first one.

        draws : bool, default=False
            Whether copies draw what stands in place of parts. A sample then stays one when it is
            doubled, even if it becomes larger than the number of different masks.

        Returns
        -------
        masks : MaskSample or None
            `None` without parts.

        Raises
        ------
        ValueError
            If a sample is needed, and replicates would have fewer than two masks.
        """
        if n_parts == 0:
            return None
        distribution = MaskDistribution(n_parts, self.keep)
        first = self.sizes[0]
        size = first if size is None else size
        # All masks cost no more model calls than a sample, and leave no sampling error.
        if distribution.n_possible <= (first if draws else size):
            return MaskSample.all_of(distribution)
        if self.n_replicates < 2 or size < 2 * self.n_replicates:
            raise ValueError(
                f"n_perturbations={size} masks in n_replicates="
                f"{self.n_replicates} give no estimate of errors; pass n_replicates of at least 2, "
                "and n_perturbations of at least twice as many."
            )
        first_size = None if self.precision is None else first
        return MaskSample.of(
            distribution, size, self.n_replicates, self.seed, first_size=first_size
        )
