"""Where the channels of pictures are."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from sklime.utils._text import listed
from sklime.utils._types import Array

__all__ = ["Layout", "check_channels", "layout_of"]

# With channel_axis="auto", an axis of up to this length may be that of channels.
_MAX_AUTO_CHANNELS = 4

# Space has two axes, or three in a volume.
_N_SPACE = (2, 3)

# From the axis of the channels in an array of pictures to that in one picture.
_AXES: dict[Any, int | None] = {None: None, -1: -1, 1: 0}


@dataclass(frozen=True)
class Layout:
    """The axes of pictures.

    Attributes
    ----------
    n_space : int
        Number of axes of space: 2, or 3 for volumes.

    axis : int or None
        Axis of the channels in one picture: 0 or -1; `None` without such an axis.
    """

    n_space: int
    axis: int | None

    @property
    def n_axes(self) -> int:
        """Return the number of axes of one picture."""
        return self.n_space + (self.axis is not None)

    @property
    def channel_axis(self) -> int | None:
        """Return the axis of the channels in an array of pictures."""
        return 1 if self.axis == 0 else self.axis

    def channels_last(self, picture: Array) -> Array:
        """Return a view of a picture whose last axis is that of channels.

        Parameters
        ----------
        picture : ndarray
            Picture as the user has it.

        Returns
        -------
        picture : ndarray of shape (*space, n_channels)
            A picture without channels gets one.
        """
        if self.axis is None:
            return picture[..., None]
        return np.moveaxis(picture, self.axis, -1)

    def restored(self, pictures: Array) -> Array:
        """Return a view of pictures with the axes that the user's have.

        Parameters
        ----------
        pictures : ndarray of shape (*space, n_channels) or (n_pictures, *space, n_channels)
            Pictures whose last axis is that of channels.

        Returns
        -------
        pictures : ndarray
            As the user has them.
        """
        if self.axis is None:
            return pictures[..., 0]
        return pictures if self.axis == -1 else np.moveaxis(pictures, -1, -1 - self.n_space)


def layout_of(shapes: Iterable[tuple[int, ...]], channel_axis: Any) -> Layout:
    """Find the axes of pictures.

    Parameters
    ----------
    shapes : iterable of tuple of int
        Shapes of single pictures, at least one.

    channel_axis : {-1, 1, None, "auto"}
        Axis of the channels in an array of pictures, whose first axis is that of the pictures.
        "auto" finds an axis of at most four channels.

    Returns
    -------
    layout : Layout
        The axes.

    Raises
    ------
    ValueError
        If pictures differ in their axes, or if several axes, or none, can be that of channels.
    """
    shapes = sorted(set(shapes))
    numbers = sorted({len(shape) for shape in shapes})
    if len(numbers) > 1:
        raise ValueError(
            f"X holds pictures of {listed(numbers)} axes; pass pictures that all have channels, or "
            "all have none."
        )
    if channel_axis == "auto":
        return _found(shapes, numbers[0])
    n_space = numbers[0] - (channel_axis is not None)
    if n_space not in _N_SPACE:
        wanted = " or ".join(str(n + (channel_axis is not None)) for n in _N_SPACE)
        raise ValueError(
            f"channel_axis={channel_axis!r} needs pictures of {wanted} axes, but those of X have "
            f"the shape {shapes[0]}. X is a list or an array of pictures: pass one picture x as "
            "x[None]."
        )
    return Layout(n_space, _AXES[channel_axis])


def _found(shapes: list[tuple[int, ...]], n_axes: int) -> Layout:
    """Find the axis of channels by its length."""
    if n_axes == 2:
        return Layout(2, None)
    if n_axes not in (3, 4):
        raise ValueError(
            f"The pictures of X have the shape {shapes[0]}; a picture has two axes, or three with "
            "channels or as a volume, or four as a volume with channels. X is a list or an array "
            "of pictures: pass one picture x as x[None]."
        )
    possible = [
        axis for axis in (-1, 0) if all(1 <= shape[axis] <= _MAX_AUTO_CHANNELS for shape in shapes)
    ]
    if len(possible) == 1:
        return Layout(n_axes - 1, possible[0])
    what = "both" if possible else "none"
    raise ValueError(
        f"channel_axis='auto' cannot tell where the channels of pictures of the shape {shapes[0]} "
        f"are: {what} of its first and last axis may hold up to {_MAX_AUTO_CHANNELS} channels. "
        "Pass channel_axis=-1 if they come last, channel_axis=1 if they come first, or "
        "channel_axis=None for volumes without channels."
    )


def check_channels(shapes: Iterable[tuple[int, ...]], n_channels: int | None) -> int:
    """Check that pictures have pixels and the same number of channels.

    Parameters
    ----------
    shapes : iterable of tuple of int
        Shapes of pictures whose last axis is that of channels.

    n_channels : int or None
        Number of channels in `fit`; `None` before.

    Returns
    -------
    n_channels : int
        Number of channels.

    Raises
    ------
    ValueError
        If numbers differ, or if a picture has no pixels.
    """
    shapes = sorted(set(shapes))
    empty = [shape for shape in shapes if 0 in shape]
    if empty:
        raise ValueError(f"X holds a picture of the shape {empty[0]}, which has no pixels.")
    numbers = sorted({shape[-1] for shape in shapes})
    if len(numbers) > 1:
        raise ValueError(
            f"X holds pictures of {listed(numbers)} channels; convert them to the same number."
        )
    if n_channels is not None and numbers[0] != n_channels:
        raise ValueError(
            f"The pictures of X have {numbers[0]} channels, and those of fit had {n_channels}; "
            "convert them, or call fit again."
        )
    return numbers[0]
