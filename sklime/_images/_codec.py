"""Containers of pictures: arrays, lists of arrays or of PIL pictures, rows of a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy import sparse

from sklime._images._checks import check_dtype, kind_of_pixels
from sklime._images._layout import Layout, layout_of
from sklime._responses._codec import TableCodec
from sklime.utils._frames import column_names, is_frame
from sklime.utils._objects import floats_of_objects
from sklime.utils._text import listed, short_repr
from sklime.utils._types import Array

__all__ = ["ImageCodec", "Pictures", "check_are_rows", "check_dense", "read_pictures", "read_rows"]

# Modes of PIL whose pixels are not quantities.
_PALETTES = ("P", "PA")

# Modes whose channels are not red, green and blue: a mean of hues is no hue, and displays would
# show other colors.
_OTHER_COLORS = ("CMYK", "HSV", "LAB", "YCbCr", "RGBX", "RGBa", "La")


@dataclass(frozen=True)
class ImageCodec:
    """Convert pictures to the container in which the user passed them.

    Attributes
    ----------
    layout : Layout
        Axes of the pictures.

    container : {"array", "list", "objects", "pil", "rows"}
        One array, a list of arrays, an array of objects, a list of PIL pictures, or rows of pixels.

    mode : str, default=""
        Mode of PIL pictures.

    table : TableCodec or None, default=None
        Codec of rows in a frame; `None` for an array.
    """

    layout: Layout
    container: Literal["array", "list", "objects", "pil", "rows"]
    mode: str = ""
    table: TableCodec | None = None

    def to_table(self, pictures: Any) -> Any:
        """Return pictures in the container of the user.

        Parameters
        ----------
        pictures : ndarray of shape (n_pictures, *space, n_channels), or list of ndarray
            Pictures whose last axis is that of channels. Those of a list are copied.

        Returns
        -------
        pictures : ndarray, list or DataFrame
            The model may write on them.
        """
        if isinstance(pictures, np.ndarray):
            batch = np.ascontiguousarray(self.layout.restored(pictures))
        else:
            items = [np.array(self.layout.restored(one), order="C") for one in pictures]
            if self.container in ("list", "objects", "pil"):
                return self._in_list(items)
            # np.stack would change the order of bytes.
            batch = np.empty((len(items), *items[0].shape), dtype=items[0].dtype)
            for index, item in enumerate(items):
                batch[index] = item
        if self.container == "array":
            return batch
        if self.container == "rows":
            rows = batch.reshape(len(batch), -1)
            return rows if self.table is None else self.table.to_table(rows.astype(np.float64))
        return self._in_list(list(batch))

    def _in_list(self, items: list[Array]) -> Any:
        if self.container == "pil":
            return [_pil_picture(item, self.mode) for item in items]
        if self.container == "list":
            return items
        objects = np.empty(len(items), dtype=object)
        for index, item in enumerate(items):
            objects[index] = item
        return objects


@dataclass(frozen=True, eq=False)
class Pictures:
    """Pictures as views whose last axis is that of channels.

    Attributes
    ----------
    arrays : list of ndarray of shape (*space, n_channels)
        The pictures.

    codec : ImageCodec
        Back to the container of the user.
    """

    arrays: list[Array]
    codec: ImageCodec

    def __len__(self) -> int:
        """Return the number of pictures."""
        return len(self.arrays)


def read_pictures(X: Any, channel_axis: Any, learnt: Layout | None = None) -> Pictures:
    """Read pictures of any container but rows of pixels.

    Parameters
    ----------
    X : ndarray, list of ndarray or list of PIL pictures
        Pictures.

    channel_axis : {-1, 1, None, "auto"}
        Axis of the channels in an array of pictures.

    learnt : Layout, default=None
        Layout of the pictures in `fit`, which these must have.

    Returns
    -------
    pictures : Pictures
        Views of the user's pictures.

    Raises
    ------
    ValueError
        If X is no array or list of pictures, or if its axes do not fit.
    """
    if isinstance(X, np.ndarray) and X.dtype != object:
        items: Any = _checked_array(X, channel_axis, learnt)
        container: Any = "array"
        mode = ""
    else:
        items, container, mode = _items(X)
    if learnt is None:
        layout = layout_of([item.shape for item in items], channel_axis)
    else:
        layout = _checked_axes(items, learnt, container)
    arrays = [layout.channels_last(item) for item in items]
    return Pictures(arrays, ImageCodec(layout, container, mode))


def check_dense(X: Any) -> None:
    """Check that rows of pixels are no sparse matrix.

    Parameters
    ----------
    X : object
        Rows.

    Raises
    ------
    TypeError
        For a sparse matrix.
    """
    if sparse.issparse(X):
        raise TypeError("X is a sparse matrix, which is not supported; pass X.toarray().")


def check_are_rows(X: Any, image_shape: tuple[int, ...]) -> None:
    """Check that X holds rows of pixels, and no paths or pictures with axes of their own.

    Parameters
    ----------
    X : object
        What came.

    image_shape : tuple of int
        Shape of a picture; one length may be -1.

    Raises
    ------
    ValueError
        For paths and texts, for pictures of PIL, and for arrays of another number of axes or
        of pictures that are not flat.
    """
    is_list = isinstance(X, list | tuple) or (isinstance(X, np.ndarray) and X.dtype.kind in "UO")
    entries = [X, *X] if is_list else [X]
    path = next((entry for entry in entries if _is_path(entry)), None)
    if path is not None:
        came = f"X is or holds {short_repr(path)}, a text or a path. Load the picture first"
    elif any(_is_pil(entry) for entry in entries):
        came = "X is or holds a picture of PIL. Convert a picture with x = np.asarray(picture)"
    elif any(isinstance(entry, np.ndarray) and entry.ndim > 1 for entry in entries[1:]):
        came = "X is a list of pictures. Pass np.stack(X).reshape(len(X), -1)"
    else:
        shape = getattr(X, "shape", None)
        is_other = isinstance(shape, tuple) and len(shape) > 2
        # A picture of one row cannot be told from a row of pixels, and is one.
        is_picture = shape == image_shape and shape[0] != 1
        if not (is_other or is_picture) or is_frame(X):
            return
        came = f"X has the shape {shape}"
    n_pixels = "rows" if -1 in image_shape else f"rows of {np.prod(image_shape)} pixels"
    raise ValueError(
        f"{came}. image_shape={image_shape} expects {n_pixels}: pass a picture x as "
        "x.reshape(1, -1), and several as X.reshape(len(X), -1)."
    )


def read_rows(X: Any, image_shape: tuple[int, ...], channel_axis: Any) -> Pictures:
    """Read pictures that are rows of pixels.

    Parameters
    ----------
    X : ndarray or DataFrame of shape (n_pictures, n_pixels)
        Checked rows.

    image_shape : tuple of int
        Shape of a picture; one length may be -1.

    channel_axis : {-1, 1, None, "auto"}
        Axis of the channels in an array of pictures.

    Returns
    -------
    pictures : Pictures
        The pictures.

    Raises
    ------
    ValueError
        If the number of pixels does not fit.
    """
    rows = np.asarray(X)
    if rows.dtype == object:
        names = column_names(X)
        rows = np.column_stack([floats_of_objects(*pair) for pair in zip(rows.T, names)])
    check_dtype(rows.dtype)
    try:
        pictures = rows.reshape(len(rows), *image_shape)
    except ValueError:
        raise ValueError(
            f"image_shape={tuple(image_shape)} does not fit the {rows.shape[1]} columns of X; pass "
            "a shape with as many pixels and channels."
        ) from None
    layout = layout_of([pictures.shape[1:]], channel_axis)
    table = None
    if is_frame(X):
        table = TableCodec.fit(X, np.zeros(rows.shape[1], dtype=bool))
    arrays = [layout.channels_last(picture) for picture in pictures]
    return Pictures(arrays, ImageCodec(layout, "rows", table=table))


def _checked_array(X: Array, channel_axis: Any, learnt: Layout | None) -> Array:
    """Check the axes of an array of pictures."""
    check_dtype(X.dtype)
    if X.ndim == 2:
        raise ValueError(
            f"X has the shape {X.shape}. If its rows are pictures, pass their shape as "
            "image_shape, for example image_shape=(8, 8). If X is one grey picture, pass X[None]."
        )
    if X.ndim < 2:
        raise ValueError(
            f"X has the shape {X.shape}; pass an array of pictures. Reshape your data: one picture "
            "x is x[None]."
        )
    if len(X) == 0:
        raise ValueError("Found array with 0 sample(s) while a minimum of 1 is required.")
    is_color = X.ndim == 3 and X.shape[-1] in (3, 4) and X.shape[1] > 4
    if learnt is None and channel_axis == "auto" and is_color:
        raise ValueError(
            f"X has the shape {X.shape}, as one picture in color has; pass X[None]. For "
            f"{len(X)} grey pictures of {X.shape[1]} x {X.shape[2]} pixels, pass channel_axis=None."
        )
    return X


def _checked_axes(items: Sequence[Any], layout: Layout, container: str) -> Layout:
    """Check that pictures have the axes of those in `fit`."""
    wrong = next((i for i, item in enumerate(items) if item.ndim != layout.n_axes), None)
    if wrong is None:
        return layout
    shape, wanted = items[wrong].shape, f"the pictures of fit had {layout.n_axes} axes"
    if container != "array":
        raise ValueError(
            f"Picture {wrong} of X has the shape {shape}, and {wanted}. Pass a list of such "
            "pictures, one picture x as [x], or call fit again."
        )
    whole = (len(items), *shape)
    way_out = "Convert them, or call fit again"
    if len(whole) == layout.n_axes:
        way_out = "If X is one picture, pass X[None]; else convert them, or call fit again"
    raise ValueError(
        f"X has the shape {whole}. Its pictures have {len(shape)} axes, and {wanted}. {way_out}."
    )


def _items(X: Any) -> tuple[list[Any], Literal["list", "objects", "pil"], str]:
    """Return the pictures of a list as arrays, and what they were."""
    _check_is_list(X)
    entries = list(X)
    if not entries:
        raise ValueError("Found array with 0 sample(s) while a minimum of 1 is required.")
    if all(_is_pil(entry) for entry in entries):
        mode = _mode_of(entries)
        return [np.asarray(entry) for entry in entries], "pil", mode
    for index, entry in enumerate(entries):
        _check_entry(index, entry)
    kinds = sorted({kind_of_pixels(entry.dtype) for entry in entries})
    if len(kinds) > 1:
        raise ValueError(
            f"X holds pictures of the types {listed(kinds)}; convert all of them to one type."
        )
    return entries, "objects" if isinstance(X, np.ndarray) else "list", ""


def _check_is_list(X: Any) -> None:
    if _is_path(X):
        raise ValueError(
            f"X is {short_repr(X)}, a text or a path; load the picture first, for example with "
            "skimage.io.imread, and pass a list of pictures."
        )
    if _is_pil(X):
        raise ValueError("X is one picture; pass a list of pictures, [X].")
    if is_frame(X):
        raise ValueError(
            "X is a DataFrame. If its rows are pixels, pass the shape of the pictures as "
            "image_shape, for example image_shape=(8, 8)."
        )
    if isinstance(X, np.ndarray) and X.ndim != 1:
        raise ValueError(f"X is an array of objects of the shape {X.shape}; pass numbers.")
    is_list = isinstance(X, list | tuple | np.ndarray)
    if not is_list:
        way_out = "pass an array, or a list of arrays or of PIL pictures"
        if isinstance(X, pd.Series):
            way_out = "pass X.tolist()"
        elif hasattr(X, "__array__"):
            way_out = (
                "pass np.asarray(X), and as the model a function that converts arrays to what the "
                "model takes"
            )
        raise TypeError(f"X is of type {type(X).__name__}; {way_out}.")


def _check_entry(index: int, entry: Any) -> None:
    if isinstance(entry, np.ndarray) and entry.dtype != object:
        check_dtype(entry.dtype)
        return
    if _is_path(entry):
        raise ValueError(
            f"Item {index} of X is {short_repr(entry)}, a text or a path; load the picture first, "
            "for example with skimage.io.imread."
        )
    if _is_pil(entry):
        raise ValueError("X holds PIL pictures and other items; convert all of them to arrays.")
    raise ValueError(
        f"Item {index} of X is of type {type(entry).__name__}; pass arrays or PIL pictures. "
        "np.asarray turns lists of numbers into an array."
    )


def _is_path(item: Any) -> bool:
    return isinstance(item, str | bytes) or hasattr(item, "__fspath__")


def _is_pil(item: Any) -> bool:
    return any(kind.__module__ == "PIL.Image" for kind in type(item).__mro__)


def _mode_of(entries: Sequence[Any]) -> str:
    modes = sorted({entry.mode for entry in entries})
    if len(modes) > 1:
        raise ValueError(
            f"X holds PIL pictures of the modes {listed(modes)}; convert all of them to one, for "
            "example with .convert('RGB')."
        )
    if modes[0] in _PALETTES:
        raise ValueError(
            f"X holds PIL pictures of the mode {modes[0]}, whose pixels are numbers of colors in a "
            "palette; convert them with .convert('RGB')."
        )
    if modes[0] in _OTHER_COLORS:
        raise ValueError(
            f"X holds PIL pictures of the mode {modes[0]}, whose channels are not red, green and "
            "blue; convert them with .convert('RGB'), and convert back inside of the model."
        )
    mode: str = modes[0]
    return mode


def _pil_picture(array: Array, mode: str) -> Any:
    # Whoever passes such pictures has PIL.
    from PIL import Image

    if mode == "1":
        return Image.fromarray(array)
    height, width = array.shape[:2]
    return Image.frombytes(mode, (width, height), array.tobytes())
