"""Documents as they come: lists, arrays, series and frames of one column of texts."""

from dataclasses import dataclass

import numpy as np

from sklime.utils._frames import is_frame

__all__ = ["DocumentCodec", "validated_documents"]
