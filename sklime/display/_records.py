"""Rows as short records of plain numbers and texts, for the payload of a report."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypedDict, cast

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from sklime.display._document import GAP, Highlight, highlights, shown_pieces
from sklime.display._method import replacement_of
from sklime.display._names import (
    MAX_CLASS_LENGTH,
    MAX_VALUE_LENGTH,
    name_of,
    split_condition,
    visible,
)
from sklime.display._notes import advice_notes, note_text, notes_of
from sklime.display._numbers import decimals_for, signed_text, value_text
from sklime.display._pairs import pair_line, pair_text
from sklime.display._payload import (
    ALL_OUTPUTS,
    NO_CLASS,
    Column,
    Output,
    ShownName,
    Value,
    Weight,
)
from sklime.display._picture_view import thumbnails
from sklime.display._summary import (
    Entries,
    check_order,
    has_pairs,
    output_names,
    response_decimals,
)
from sklime.display._true_values import true_values
from sklime.display._types import View
from sklime.display._view import MAX_CLASS_BARS, contributions, failure_of, rule_texts
from sklime.utils._frames import is_pandas
from sklime.utils._types import Array, FloatArray, IntArray

if TYPE_CHECKING:
    from sklime._explanations._base import AnyBatch, BaseExplanation
    from sklime._explanations._parts import TextExplanation

__all__ = ["MAX_THUMBNAILS", "Collector", "Record", "Truth"]

# Weights of one row and output that are listed; the others are summed up.
MAX_WEIGHTS = 60

# Of a picture, whose table stands beside thumbnails: a row of the report takes at most 8 KB.
MAX_SEGMENTS = 20

# Pictures with thumbnails; longest side of the two of one, in pixels, and characters of both.
MAX_THUMBNAILS, THUMBNAIL_SIDE, THUMBNAIL_ROOM = 500, 120, 6_300

# Characters that thumbnails leave to the weights of each further output, and those that they keep.
ROOM_OF_OUTPUT, LEAST_ROOM = 400, 2_000

# With more columns than these, only the values beside listed weights are part of the report.
MAX_COLUMNS = 60


class Record(TypedDict):
    """One row of the report before it becomes a list; see `sklime.display._payload.ROW`."""

    label: str
    main: int
    failure: str
    predicted: int
    true: Any
    responses: list[int]
    outputs: list[Output]
    document: list[Any]
    images: list[View]
    notes: list[int]


class _Entries(NamedTuple):
    """Weights of all rows for one output, in parallel lists that grow row by row.

    `features` holds numbers of features, or of words that no row lists the texts.
    """

    rows: list[int]
    features: list[Any]
    weights: list[float]


class _Part(NamedTuple):
    """The numbers of a rule and of its feature, and whether a value is shown beside the rule."""

    rule: int
    feature: int
    has_value: bool


class Collector:
    """Make short records of rows, and number the texts that they share.

    A name or a rule occurs in hundreds of rows. Each is stored once, and records hold its number.

    Parameters
    ----------
    explanations : sequence of Explanation
        The rows.

    include_values : bool
        Whether values and documents become part of the records.

    Attributes
    ----------
    is_text : bool
        Whether documents are explained.

    has_values : bool
        Whether rows of a table are explained. Instances with parts of their own have no columns.

    decimals : int
        Decimals that the report shows; a unit is ``10**-decimals``.

    n_outputs : int
        Number of explained outputs.

    features, rules, notes : dict
        Number of each feature by its raw name, of each rule by feature and text, and of each note
        by its text.

    feature_names : list of str or list
        Names as they are shown, by number.

    rule_texts : list of (int, str)
        Feature and text of each rule, by number.

    valueless : set of int
        Numbers of rules that tell the value themselves.
    """

    def __init__(self, explanations: Sequence[BaseExplanation], include_values: bool) -> None:
        self.include_values = include_values
        self.is_text = bool(explanations) and explanations[0].kind == "text"
        self.has_values = bool(explanations) and explanations[0].kind == "table"
        self.features: dict[str, int] = {}
        self.rules: dict[tuple[int, str], int] = {}
        self.notes: dict[str, int] = {}
        self.feature_names: list[ShownName] = []
        self.rule_texts: list[tuple[int, str]] = []
        self.valueless: set[int] = set()
        self._values: dict[int, dict[int, Value]] = {}
        self._parts: dict[tuple[int, int], _Part] = {}
        self.n_outputs = len(explanations[0].predictions) if explanations else 0
        self._entries = [_Entries([], [], []) for _ in range(self.n_outputs)]
        self._unlisted = [_Entries([], [], []) for _ in range(self.n_outputs)]
        # Writing the conditions of a row takes time: once for all of its outputs.
        self._conditions: list[str] = []
        # Values of the present row by feature: several outputs show them.
        self._shown: dict[int, Value] = {}
        self.decimals = _common_decimals(explanations)

    def units(self, numbers: ArrayLike) -> list[int | None]:
        """Return numbers in units, rounded; None where undefined."""
        # Rounded here and nowhere else, so that the page and the script show the same digits.
        scaled = np.round(np.asarray(numbers, dtype=np.float64) * 10.0**self.decimals).tolist()
        return [int(number) if math.isfinite(number) else None for number in scaled]

    def record(self, row: int, explanation: BaseExplanation, main: int) -> Record:
        """Return one row as plain numbers and texts; `main` is the output to show first."""
        record: Record = {
            "label": name_of(explanation.row_label).text,
            "main": int(main),
            "failure": name_of(failure_of(explanation), 300).text,
            "predicted": NO_CLASS,
            "true": None,
            "responses": [],
            "outputs": [],
            "document": [],
            "images": [],
            "notes": [],
        }
        if record["failure"]:
            return record
        responses = np.asarray(explanation.responses, dtype=np.float64)
        if explanation.is_classification:
            record["predicted"] = max(int(explanation.internals.predicted_index), NO_CLASS)
            likeliest = np.argsort(-responses, kind="stable")[:MAX_CLASS_BARS]
            record["responses"] = [
                item for p in likeliest for item in (int(p), round(float(responses[p]) * 1000))
            ]
        self._conditions = explanation.conditions
        self._shown = {}
        record["outputs"] = [
            self._output(explanation, row, index) for index in range(self.n_outputs)
        ]
        self._add_values(explanation, row)
        record["notes"] = self._notes(explanation)
        if self.is_text and self.include_values:
            record["document"], note = self._document(cast("TextExplanation", explanation))
            record["notes"] += self._numbered([(ALL_OUTPUTS, note)] if note else [])
        if explanation.kind == "image":
            record["notes"] += self._numbered([(ALL_OUTPUTS, replacement_of(explanation))])
            if self.include_values and row < MAX_THUMBNAILS:
                room = max(THUMBNAIL_ROOM - ROOM_OF_OUTPUT * (self.n_outputs - 1), LEAST_ROOM)
                record["images"] = thumbnails(explanation, main, THUMBNAIL_SIDE, room)
        return record

    def counted(self, index: int) -> Entries:
        """Return all weights for one output, also those that no row lists."""
        listed, unlisted = self._entries[index], self._unlisted[index]
        numbers = dict(self.features)
        # Words without a number get one here only: the report need not have their texts.
        more = [numbers.setdefault(word, len(numbers)) for word in unlisted.features]
        weights = np.array(listed.weights + unlisted.weights, dtype=np.float64)
        rows = np.array(listed.rows + unlisted.rows).astype(int)
        features = np.array(listed.features + more).astype(int)
        # Reports show no intervals of many rows; the half widths are not read.
        return Entries(tuple(numbers), rows, features, weights, weights, features)

    def columns(self, n_rows: int) -> list[Column]:
        """Return the values of the rows, column by column."""
        found = []
        for feature, known in sorted(self._values.items()):
            values: list[Value | None] = [known.get(row) for row in range(n_rows)]
            levels = list(dict.fromkeys(known.values()))
            # Numbers are shorter than indices unless few of them repeat.
            if any(isinstance(level, str) for level in levels) or 8 * len(levels) < n_rows:
                index_of = {level: index for index, level in enumerate(levels)}
                codes: list[Value | None] = [
                    None if value is None else index_of[value] for value in values
                ]
                found.append(Column(feature, levels, codes))
            else:
                found.append(Column(feature, 0, values))
        return found

    def _add_values(self, explanation: BaseExplanation, row: int) -> None:
        """Keep the values of a row: of all columns, or of those with listed weights."""
        if not (self.has_values and self.include_values):
            return
        names = explanation.feature_names
        selected = explanation.selected.any(axis=1)
        every = np.arange(len(names)) if len(names) <= MAX_COLUMNS else np.flatnonzero(selected)
        for feature in every.tolist():
            number = self.feature_number(str(names[feature]))
            self._values.setdefault(number, {})[row] = self._value_of(explanation, feature)

    def feature_number(self, raw: str) -> int:
        """Return the number of a feature or word; a new one if it has none."""
        number = self.features.setdefault(raw, len(self.features))
        if number == len(self.feature_names):
            name = name_of(raw)
            self.feature_names.append([name.text, name.full] if name.full else name.text)
        return number

    def _notes(self, explanation: BaseExplanation) -> list[int]:
        """Return flat pairs of an output, or ALL_OUTPUTS, and the number of a text."""
        texts = [(ALL_OUTPUTS, note_text(note)) for note in notes_of(explanation)]
        causes = enumerate(explanation.fidelity_failures)
        texts += [(index, name_of(cause, 300).text) for index, cause in causes if cause]
        for index in range(self.n_outputs):
            texts += [(index, note_text(note)) for note in advice_notes(explanation, index)]
            pair = pair_line(explanation, index, self.decimals)
            # A note on an output without fidelity would be read as the reason why it has none.
            if pair is not None and not np.isnan(explanation.fidelity[index]):
                texts.append((index, pair_text(pair)))
        return self._numbered(texts)

    def _numbered(self, texts: Iterable[tuple[int, str]]) -> list[int]:
        return [
            number
            for index, text in texts
            for number in (index, self.notes.setdefault(text, len(self.notes)))
        ]

    def _output(self, explanation: BaseExplanation, row: int, index: int) -> Output:
        values, low, high = contributions(explanation, index)
        used = np.flatnonzero(explanation.selected[:, index])
        order = used[np.argsort(-np.abs(values[used]), kind="stable")]
        fidelity = float(explanation.fidelity[index])
        columns = (explanation.predictions, explanation.intercepts, explanation.local_predictions)
        model, intercept, local = self.units([column[index] for column in columns])
        fit = None if np.isnan(fidelity) else round(100 * fidelity)
        most = MAX_SEGMENTS if explanation.kind == "image" else MAX_WEIGHTS
        rest = values[order[most:]]
        # All weights count in the means. But each document has its own words: to number them all
        # would make the report as long as the documents. So have pictures their segments.
        numbered = order if self.has_values else order[:most]
        self._add_unlisted(row, index, values, order[numbered.size :])
        parts = [self._part(explanation, feature) for feature in numbered.tolist()]
        entries = self._entries[index]
        entries.rows.extend([row] * len(parts))
        entries.features.extend(part.feature for part in parts)
        entries.weights.extend(values[numbered].tolist())
        listed = order[:most]
        weights = self.units(values[listed])
        halves = self.units((high[listed] - low[listed]) / 2.0)
        shown = [self._value(explanation, *item) for item in zip(listed.tolist(), parts)]
        return Output(
            int(explanation.internals.output_index[index]),
            model,
            fit,
            intercept,
            local,
            rest.size,
            self.units([rest.sum()])[0],
            [Weight(part.rule, *item) for part, item in zip(parts, zip(shown, weights, halves))],
        )

    def _add_unlisted(self, row: int, index: int, values: FloatArray, others: IntArray) -> None:
        entries = self._unlisted[index]
        entries.rows.extend([row] * others.size)
        entries.features.extend(self._conditions[word] for word in others.tolist())
        entries.weights.extend(values[others].tolist())

    def _part(self, explanation: BaseExplanation, feature: int) -> _Part:
        # Rows of a table with the same code have the same condition; words differ by document.
        key = feature, int(explanation.internals.codes[feature])
        if not self.has_values or key not in self._parts:
            self._parts[key] = self._new_part(explanation, feature)
        return self._parts[key]

    def _value(self, explanation: BaseExplanation, feature: int, part: _Part) -> Value:
        if not part.has_value or not self.include_values:
            return ""
        return self._value_of(explanation, feature)

    def _value_of(self, explanation: BaseExplanation, feature: int) -> Value:
        if feature not in self._shown:
            name = str(explanation.feature_names[feature])
            value = _value(explanation.data[feature], name, self._conditions[feature])
            self._shown[feature] = value
        return self._shown[feature]

    def _new_part(self, explanation: BaseExplanation, feature: int) -> _Part:
        condition = self._conditions[feature]
        _, rule, value = rule_texts(explanation, feature, condition)
        if not self.has_values:
            number, whole = self.feature_number(condition), rule.text
        else:
            raw = str(explanation.feature_names[feature])
            number, whole = self.feature_number(raw), split_condition(raw, condition)
            if not whole:
                # A standard score, which differs from row to row: the value tells it.
                rule = name_of("")
        # By the whole text: rules that are cut to the same text stay apart.
        index = self.rules.setdefault((number, whole), len(self.rules))
        if index == len(self.rule_texts):
            self.rule_texts.append((number, rule.text))
            if not value.text:
                self.valueless.add(index)
        return _Part(index, number, bool(value.text))

    def _document(self, explanation: TextExplanation) -> tuple[list[Any], str]:
        """Return flat pairs of a piece and its rule, or -1, and a note on how much is shown."""
        parts: list[Any] = []
        marked = _marked(explanation)
        strengths = np.abs(explanation.values).max(axis=1, initial=0.0)
        shown, note = shown_pieces(explanation, marked, strengths)
        for text, word in shown:
            rule = -1
            if word is not None and word != GAP:
                rule = self._part(explanation, word).rule
            parts += [visible(text, keep_lines=True), rule]
        return parts, note


class Truth:
    """The true classes or numbers of the rows, if the user gives them.

    Parameters
    ----------
    batch : ExplanationBatch
        The explained rows.

    y : array-like of shape (n_rows,) or (n_rows, n_responses), or None
        Labels or numbers; see `true_values`.

    Attributes
    ----------
    names : list of str
        Names of the classes, first those of the model.

    indices : list of int, str or None
        For each row the index of the true class in `names`, the true number as a text, or `None`
        if it is not known.

    predictions : ndarray of shape (n_rows,) or None
        Responses that the true numbers are compared with; `None` if there are several outputs or
        differences of outputs.
    """

    def __init__(self, batch: AnyBatch, y: Any) -> None:
        self.names = [name_of(name, MAX_CLASS_LENGTH).text for name in batch.response_names]
        self.is_classification = batch.is_classification
        self.is_known = y is not None
        self.indices: Sequence[int | str | None] = [None] * len(batch)
        self.y: Array = np.empty(0)
        self.predictions: FloatArray | None = None
        if y is None:
            return
        if isinstance(y, pd.Series) or is_pandas(y):
            check_order(batch, y, "y")
        if self.is_classification:
            self.y = np.asarray(y)
            if self.y.shape != (len(batch),):
                raise ValueError(
                    f"y has the shape {self.y.shape}; pass one value for each of the {len(batch)} "
                    "explained rows."
                )
            self.indices = self._class_indices(batch)
            return
        self.y = true_values(batch, y)
        self.indices = _value_texts(batch, self.y)
        # With a link, responses are on another scale than the true numbers.
        is_identity = batch.internals.settings.link == "identity"
        if batch.predictions.shape[1] == 1 and is_identity and not has_pairs(batch):
            self.predictions = batch.predictions[:, 0]

    def _class_indices(self, batch: AnyBatch) -> list[int]:
        """Return the index of each label in `names`."""
        # Labels of the model first, for 0 and 1 may be labels while the names are "no" and "yes".
        labels = batch[0].internals.response_labels if len(batch) else batch.response_names
        index_of = {name: index for index, name in enumerate(labels)}
        if not any(label in index_of for label in self.y.tolist()):
            index_of = {name: index for index, name in enumerate(batch.response_names)}
        if len(batch) and not any(label in index_of for label in self.y.tolist()):
            raise ValueError(
                f"y holds {self.y.tolist()[0]!r}, and none of the classes of the model, "
                f"{list(labels)}; pass labels as the model has them."
            )
        indices = []
        for label in self.y.tolist():
            if label not in index_of:
                index_of[label] = len(self.names)
                self.names.append(name_of(label, MAX_CLASS_LENGTH).text)
            indices.append(index_of[label])
        return indices

    def score(self, records: list[Record]) -> dict[str, str] | None:
        """Return how well the model does on rows with an explanation, or None."""
        scored = [record for record in records if not record["failure"]]
        if self.is_classification:
            scored = [record for record in scored if record["predicted"] != NO_CLASS]
        if not self.is_known or not scored:
            return None
        if self.is_classification:
            right = sum(record["true"] == record["predicted"] for record in scored)
            return {
                "name": "Model accuracy here",
                "text": signed_text(right / len(scored), 2, always_signed=False),
                "detail": f"{len(scored) - right} wrong",
            }
        if self.predictions is None:
            return None
        error = float(np.nanmean(np.abs(self.predictions - self.y[:, 0])))
        text = signed_text(error, decimals_for([error]), always_signed=False)
        return {"name": "Mean absolute error here", "text": text, "detail": "of the model"}


def _value_texts(batch: AnyBatch, values: FloatArray) -> list[str]:
    """Write the true values of each row; of several outputs with their names."""
    decimals = response_decimals(batch)
    names = [f"{name.text} " for name in output_names(batch)] if values.shape[1] > 1 else [""]
    return [
        ", ".join(
            f"{name}{signed_text(value, decimals, always_signed=False)}"
            for name, value in zip(names, row)
        )
        for row in values
    ]


def _common_decimals(explanations: Sequence[BaseExplanation]) -> int:
    """Return decimals that suit the strongest weight of a typical row."""
    strongest: list[float] = []
    for explanation in explanations:
        magnitudes = np.abs(
            explanation.values * np.asarray(explanation.internals.encodings)[:, None]
        )
        strongest += magnitudes.max(axis=0, initial=0.0).tolist()
    # The median, because the largest weight of all may come from one strange row.
    strongest = [weight for weight in strongest if weight > 0.0 and np.isfinite(weight)]
    return decimals_for([float(np.median(strongest))]) if strongest else 3


def _marked(explanation: TextExplanation) -> list[Highlight]:
    """Return the indices of words that any output uses, without overlaps."""
    every = {
        item
        for index in range(len(explanation.internals.output_index))
        for item in highlights(explanation, index)
    }
    apart: list[Highlight] = []
    end = 0
    for start, stop, word in sorted(every):
        if start >= end:
            apart.append((start, stop, word))
            end = stop
    return apart


def _is_short_number(text: str) -> bool:
    """Tell whether JavaScript writes a number as Python has written it."""
    try:
        # NaN and infinity are no numbers of JSON.
        return math.isfinite(float(text)) and text == f"{float(text):.6g}" and "e" not in text
    except ValueError:
        return False


def _value(value: Any, name: str, condition: str) -> Value:
    """Return a value as a number where JavaScript writes it in the same way, else as a text."""
    text = value_text(value, name, condition)
    if len(text) > MAX_VALUE_LENGTH or not _is_short_number(text):
        return name_of(text, MAX_VALUE_LENGTH).text
    return float(text) if "." in text else int(text)
