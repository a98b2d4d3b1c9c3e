"""Responses of a model to pictures."""

from dataclasses import dataclass
from operator import index
from typing import Any, Literal

import numpy as np

from sklime._images._codec import ImageCodec
from sklime._responses._response import ModelResponse
from sklime.utils._frames import is_frame, named_frame

__all__ = ["ImageResponse"]

# Bytes of pictures in one call of the model, where no batch size is given.
_CALL_BYTES = 2**24


@dataclass(frozen=True)
class ImageResponse(ModelResponse):
    """Responses of a model to pictures whose last axis is that of channels."""

    codec: ImageCodec

    def table(self, matrix: Any) -> Any:
        """Return pictures in the container of the user, and with the names that the model knows."""
        table = self.codec.to_table(matrix)
        if self.codec.container != "rows":
            return table
        if is_frame(table):
            return np.asarray(table) if self.container == "array" else table
        names = getattr(self.estimator, "feature_names_in_", None)
        if names is not None and len(names) == table.shape[1]:
            return named_frame(table, names)
        return table

    def blocks(self, matrix: Any) -> list[Any]:
        """Return the pictures of each call of the model."""
        n_bytes = max((picture.nbytes for picture in matrix), default=1)
        step = index(self.batch_size or max(1, _CALL_BYTES // max(n_bytes, 1)))
        return [matrix[start : start + step] for start in range(0, len(matrix), step)]

    def _container_for(self, row: Any) -> Literal["same", "array"]:
        return super()._container_for(row) if self.codec.container == "rows" else "same"
