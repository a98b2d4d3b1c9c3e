"""Learn how to explain exactly: read the model, check the reading, find out its columns."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from sklime._exact._kernel import Kernel
from sklime._exact._model import ExactModel
from sklime._exact._tilt import Tilts
from sklime._readings._checked import checked, share_of_largest
from sklime._readings._fingerprint import Fingerprint
from sklime._readings._ownership import owners
from sklime._readings._reading import Reading, UnreadableError
from sklime._responses._codec import TableCodec
from sklime._responses._response import ModelResponse
from sklime._tables._encoding import TabularEncoder
from sklime._tables._exact import ExactPlan, single_draws
from sklime._tables._groups import GroupedCodec
from sklime.backgrounds import BaseBackground
from sklime.neighborhoods import BaseNeighborhood
from sklime.utils._spread import evenly_spread
from sklime.utils._types import BoolArray, FloatArray, IntArray

__all__ = [
    "ExactParts",
    "checked_rows",
    "learn_exact",
    "part_of_columns",
    "reading_of",
    "unchanged_features",
]

# Training rows, and rows perturbed from them, at which `fit` compares a reading with the model.
_N_CHECKED_ROWS = 256

# Names of the type of doubles: of NumPy, of polars, and of pandas with missing values.
_DOUBLES = ("float64", "Float64")

# Values of each column, and base rows, with which owners of derived columns are found.
_N_BASE_ROWS, _N_VALUES = 20, 64

# Least share of missing values, below one in the largest table.
_LEAST_RATE = 1e-12


def part_of_columns(parts: Sequence[Sequence[int]]) -> IntArray:
    """Return the feature that each column of the table belongs to.

    Parameters
    ----------
    parts : sequence of sequence of int
        Columns of each feature; a group has several.

    Returns
    -------
    features : ndarray of int of shape (n_columns,)
        Indices of features.
    """
    features = np.empty(sum(len(part) for part in parts), dtype=np.intp)
    for feature, part in enumerate(parts):
        features[list(part)] = feature
    return features


def unchanged_features(
    codec: TableCodec | GroupedCodec, parts: Sequence[Sequence[int]]
) -> BoolArray:
    """Tell which features are one column of floats that the model gets as they are.

    Parameters
    ----------
    codec : TableCodec or GroupedCodec
        Conversion of the table.

    parts : sequence of sequence of int
        Columns of each feature.

    Returns
    -------
    is_unchanged : ndarray of bool of shape (n_features,)
        False for texts, levels, groups, and for numbers in another type than float64.
    """
    columns = codec.base.columns if isinstance(codec, GroupedCodec) else codec.columns
    first = [columns[part[0]] for part in parts]
    return np.array(
        [
            len(part) == 1 and not column.is_categorical and str(column.dtype) in _DOUBLES
            for column, part in zip(first, parts)
        ],
        dtype=bool,
    )


def reading_of(
    response: ModelResponse, reading: Reading, wanted: IntArray | None
) -> tuple[Reading, IntArray]:
    """Return the reading of a model as a reading of its responses.

    Parameters
    ----------
    response : ModelResponse
        The responses of the model; its outputs are known.

    reading : Reading
        Reading of the answers of its method.

    wanted : ndarray of int or None
        Columns of the responses that are explained; `None` for all.

    Returns
    -------
    reading : Reading
        One output for each explained column; not yet compared with the model.

    columns : ndarray of int of shape (n_responses,)
        Output of the reading for each column; -1 for a column that is not explained.

    Raises
    ------
    UnreadableError
        If the numbers of outputs differ.
    """
    outputs = response.known_outputs
    matrix, shift = np.eye(reading.n_outputs), np.zeros(reading.n_outputs)
    if reading.n_outputs == 1 and len(outputs) == 2 and outputs.is_classification:
        # The column of the second class, as models of two classes return it.
        matrix, shift = np.array([[-1.0, 1.0]]), np.zeros(2)
        if response.method == "predict_proba":
            shift = np.array([1.0, 0.0])
    elif reading.n_outputs != len(outputs):
        raise UnreadableError(
            f"{response.name} was read with {reading.n_outputs} outputs and returned {len(outputs)}"
        )
    for one, other in response.pairs:
        matrix = np.column_stack([matrix, matrix[:, one] - matrix[:, other]])
        shift = np.append(shift, shift[one] - shift[other])
    columns = np.arange(len(shift))
    if wanted is not None:
        kept = np.unique(wanted)
        matrix, shift = matrix[:, kept], shift[kept]
        columns = np.full(len(columns), -1)
        columns[kept] = np.arange(len(kept))
    return reading.mapped(matrix, shift), columns


@dataclass(frozen=True)
class ExactParts:
    """Fitted parts of an explainer that exact moments need.

    Attributes
    ----------
    encoder, background, neighborhood : TabularEncoder, BaseBackground, BaseNeighborhood
        They say how rows are perturbed and encoded.

    keep : float
        Probability of keeping a value; 0 for a shared neighborhood.

    outside : float
        Weight of a value in another bin, by the kernel.

    width : float or None
        Width of the exponential kernel; `None` for the uniform kernel.

    part_of_column : ndarray of int of shape (n_columns,)
        Feature that each column of the user's table belongs to; a group is one feature.

    is_unchanged : ndarray of bool of shape (n_features,)
        Features that are one column of floats, which the model gets as they are.

    seed : int
        Seed of the explainer.
    """

    encoder: TabularEncoder
    background: BaseBackground
    neighborhood: BaseNeighborhood
    keep: float
    outside: float
    width: float | None
    part_of_column: IntArray
    is_unchanged: BoolArray
    seed: int


def learn_exact(
    response: ModelResponse,
    reading: Reading,
    columns: IntArray,
    rows: FloatArray,
    parts: ExactParts,
) -> ExactPlan:
    """Check a reading against the model, and put it together with the background.

    Parameters
    ----------
    response : ModelResponse
        The responses of the model.

    reading, columns : Reading, ndarray of int
        As `reading_of` returns them.

    rows : ndarray of shape (n_samples, n_features)
        Training rows, at least one.

    parts : ExactParts
        Fitted parts of the explainer.

    Returns
    -------
    plan : ExactPlan
        The plan.

    Raises
    ------
    UnreadableError
        If the reading is not the model, or a derived column depends on several columns.
    """
    reading, scale = _checked_at_rows(response, reading, columns, rows, parts)
    owned, reading = _owned(response, reading, rows, parts)
    model = ExactModel.of(
        reading,
        owned,
        parts.background,
        parts.encoder,
        response.table,
        rows[0],
        parts.is_unchanged,
    )
    keep = np.where(parts.encoder.can_change, parts.keep, 1.0)
    tilts = Tilts.of(model.supports, keep, parts.outside)
    return ExactPlan(
        model=model,
        tilts=tilts,
        kernel=None if model.nodes is None else Kernel.of(model.nodes, tilts),
        score_width=None if parts.encoder.is_binned.all() else parts.width,
        columns=columns,
        encoder=parts.encoder,
        neighborhood=parts.neighborhood,
        background=parts.background,
        tolerance=share_of_largest(reading),
        scale=scale,
        seed=parts.seed,
        fingerprint=Fingerprint.of(response.estimator),
        may_miss=np.array([np.isnan(support.values).any() for support in model.supports]),
    )


def _checked_at_rows(
    response: ModelResponse,
    reading: Reading,
    columns: IntArray,
    rows: FloatArray,
    parts: ExactParts,
) -> tuple[Reading, float]:
    """Compare a reading with the model at training rows and at rows perturbed from them."""
    flat = checked_rows(rows, parts)
    is_read = np.flatnonzero(columns >= 0)
    order = columns[is_read]
    scale = 0.0

    def ask(matrix: FloatArray) -> FloatArray:
        nonlocal scale
        answers = np.empty((len(matrix), len(order)))
        answers[:, order] = response(matrix)[:, is_read]
        scale = max(scale, np.abs(answers[np.isfinite(answers)]).max(initial=0.0))
        return answers

    derive = reading.derive
    on_matrix = replace(reading, derive=lambda matrix: derive(response.table(matrix)))
    base = checked(on_matrix, ask, [flat]).base
    return replace(reading, base=base), scale


def checked_rows(rows: FloatArray, parts: ExactParts) -> FloatArray:
    """Return the rows at which `fit` compares a reading with the model.

    Parameters
    ----------
    rows : ndarray of shape (n_samples, n_features)
        Training rows.

    parts : ExactParts
        Fitted parts of the explainer.

    Returns
    -------
    flat : ndarray of shape (n_checked, n_features)
        Training rows, then one row perturbed from each.
    """
    sample = rows[evenly_spread(len(rows), min(len(rows), _N_CHECKED_ROWS))]
    return np.concatenate([sample, _perturbed(sample, parts)])


def _perturbed(rows: FloatArray, parts: ExactParts) -> FloatArray:
    """Return one row perturbed from each row."""
    draws = single_draws(parts.neighborhood, parts.background, parts.encoder, len(rows), parts.seed)
    is_kept = ~parts.encoder.can_change if draws.kept is None else draws.kept
    return np.where(is_kept, rows, draws.values)


def _owned(
    response: ModelResponse, reading: Reading, rows: FloatArray, parts: ExactParts
) -> tuple[IntArray, Reading]:
    """Return the feature that each derived column depends on, and the reading of features."""
    copies = reading.copies
    if copies is not None:
        _check_copies(response, reading, copies, rows, parts)
    if copies is not None and (copies >= 0).all():
        features = parts.part_of_column[copies]
        is_copy = parts.is_unchanged[features]
        return features, replace(reading, copies=np.where(is_copy, features, -1))
    if copies is not None:
        features = np.where(copies >= 0, parts.part_of_column[copies], -1)
        is_copy = (features >= 0) & parts.is_unchanged[features]
        reading = replace(reading, copies=np.where(is_copy, features, -1))
    base = rows[evenly_spread(len(rows), min(len(rows), _N_BASE_ROWS))]
    # The last point finds missing values at any rate: they are drawn last.
    points = np.append((np.arange(_N_VALUES) + 0.5) / _N_VALUES, 1.0 - _LEAST_RATE)
    drawn = parts.background.sample(
        np.repeat(points[:, None], parts.background.n_dimensions_, axis=1)
    )
    encoder = parts.encoder
    has_levels = encoder.statistics.is_discrete | encoder.statistics.is_categorical
    return (
        owners(
            reading.derive,
            response.table,
            base,
            _values_of(drawn, rows, encoder),
            parts.seed,
            has_levels=has_levels,
        ),
        reading,
    )


def _values_of(drawn: FloatArray, rows: FloatArray, encoder: TabularEncoder) -> list[FloatArray]:
    """Return the values of each feature: those that are drawn, those of rows, and all levels."""
    values = [np.concatenate(columns) for columns in zip(drawn.T, rows.T)]
    for index, levels in enumerate(encoder.levels):
        if levels is not None:
            values[index] = np.concatenate([values[index], np.arange(len(levels))])
    return values


def _check_copies(
    response: ModelResponse,
    reading: Reading,
    copies: IntArray,
    rows: FloatArray,
    parts: ExactParts,
) -> None:
    """Refuse a reading whose copies are not the columns that they should equal."""
    sample = rows[evenly_spread(len(rows), min(len(rows), _N_BASE_ROWS))]
    derived = reading.derive(response.table(sample))
    features = np.where(copies >= 0, parts.part_of_column[copies], -1)
    for index, feature in enumerate(features.tolist()):
        if feature < 0 or not parts.is_unchanged[feature]:
            continue
        if not np.array_equal(derived[:, index], sample[:, feature], equal_nan=True):
            raise UnreadableError(
                f"derived column {index} of the reading is no copy of column {copies[index]}"
            )
