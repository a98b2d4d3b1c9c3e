"""Rows as short records of plain numbers and texts, for reports."""

import math
from typing import NamedTuple

import numpy as np

from sklime.display._document import GAP, highlights, shown_pieces
from sklime.display._names import (
    MAX_CLASS_LENGTH,
    MAX_VALUE_LENGTH,
    name_of,
    split_condition,
    visible,
)
from sklime.display._notes import advice_notes, note_text, notes_of
from sklime.display._numbers import decimals_for, signed_text, value_text
from sklime.display._summary import Entries, has_pairs, response_decimals
from sklime.display._view import MAX_CLASS_BARS, contributions, failure_of, is_text, rule_texts

__all__ = ["Collector", "Output", "Truth", "Weight"]

NO_CLASS = -1
ALL_OUTPUTS = -1
MAX_WEIGHTS = 60  # of one row and output; the others are summed up


class Weight(NamedTuple):
    """One weight: its rule by number, the value beside it, and it and its interval in units."""

    rule: int
    value: object
    weight: int
    half: int


class Output(NamedTuple):
    """One explained output of a row, numbers in units but the fidelity, in hundredths."""

    explained: int
    model: int
    fidelity: int
    intercept: int
    surrogate: int
    n_rest: int
    rest: int
    weights: list

    def flat(self):
        """Return all numbers in a row."""
        return [*self[:-1], *(number for weight in self.weights for number in weight)]


class Collector:
    """Takes rows apart into short records, and keeps what they have in common once.

    Parameters
    ----------
    explanations : sequence of Explanation
        The rows.

    include_values : bool
        Whether values and documents are kept.
    """

    def __init__(self, explanations, include_values):
        self.include_values = include_values
        self.is_text = bool(explanations) and is_text(explanations[0])
        self.features, self.rules = {}, {}
        self.feature_names, self.rule_texts = [], []
        self.parts = {}
        self.notes = {}
        n_outputs = len(explanations[0].predictions) if explanations else 0
        self.entries = {index: ([], [], [], []) for index in range(n_outputs)}
        self.others = {index: ([], [], []) for index in range(n_outputs)}
        self.conditions = []
        self.decimals = _common_decimals(explanations)

    def units(self, numbers):
        """Round numbers once, to as many decimals as the report shows; None where undefined."""
        scaled = np.round(np.asarray(numbers, dtype=np.float64) * 10.0**self.decimals).tolist()
        return [int(number) if math.isfinite(number) else None for number in scaled]

    def record(self, row, explanation, main):
        """Return one row as plain numbers and texts."""
        record = {
            "label": name_of(explanation.row_labels).text,
            "main": int(main),
            "failure": name_of(failure_of(explanation), 300).text,
            "predicted": NO_CLASS,
            "responses": [],
            "outputs": [],
            "document": [],
            "notes": [],
        }
        if record["failure"]:
            return record
        responses = np.asarray(explanation.responses, dtype=np.float64)
        if explanation.is_classification:
            record["predicted"] = int(explanation.predicted)
            likeliest = np.argsort(-responses, kind="stable")[:MAX_CLASS_BARS]
            record["responses"] = [
                item for p in likeliest for item in (int(p), round(float(responses[p]) * 1000))
            ]
        self.conditions = explanation.conditions
        record["outputs"] = [
            self._output(explanation, row, index) for index in range(len(self.entries))
        ]
        record["notes"] = self._notes(explanation)
        if self.is_text and self.include_values:
            record["document"], note = self._document(explanation)
            record["notes"] += self._numbered([(ALL_OUTPUTS, note)] if note else [])
        return record

    def counted(self, index):
        """Return all weights for one output, also those that no row lists."""
        rows, _, sizes, features = self.entries[index]
        more_rows, words, more_sizes = self.others[index]
        numbers = dict(self.features)
        more = [numbers.setdefault(word, len(numbers)) for word in words]
        sizes = np.array(sizes + more_sizes, dtype=np.float64)
        rows, features = np.array([*rows, *more_rows]), np.array([*features, *more])
        return Entries(tuple(numbers), rows.astype(int), features.astype(int), sizes, sizes)

    def feature_number(self, raw):
        """Return the number of a feature, or of a word, which gets one when it is first shown."""
        number = self.features.setdefault(raw, len(self.features))
        if number == len(self.feature_names):
            name = name_of(raw)
            self.feature_names.append([name.text, name.full] if name.full else name.text)
        return number

    def _notes(self, explanation):
        """Return pairs of an output, or -1 for all of them, and the number of a text."""
        texts = [(ALL_OUTPUTS, note_text(note)) for note in notes_of(explanation)]
        causes = enumerate(explanation.fidelity_failures)
        texts += [(index, name_of(cause, 300).text) for index, cause in causes if cause]
        for index in range(len(self.entries)):
            texts += [(index, note_text(note)) for note in advice_notes(explanation, index)]
        return self._numbered(texts)

    def _numbered(self, texts):
        return [
            number
            for index, text in texts
            for number in (index, self.notes.setdefault(text, len(self.notes)))
        ]

    def _output(self, explanation, row, index):
        values, low, high = contributions(explanation, index)
        used = np.flatnonzero(explanation.selected[:, index])
        order = used[np.argsort(-np.abs(values[used]), kind="stable")]
        fidelity = float(explanation.fidelity[index])
        columns = (explanation.predictions, explanation.intercepts, explanation.local_predictions)
        model, intercept, local = self.units([column[index] for column in columns])
        fit = None if np.isnan(fidelity) else round(100 * fidelity)
        rest = values[order[MAX_WEIGHTS:]]
        # Means count all weights. Documents have words of their own: numbering all of them would
        # make the report as long as they are.
        counted = order[:MAX_WEIGHTS] if self.is_text else order
        self._count_others(row, index, values, order[counted.size :])
        parts = [self._part(explanation, feature) for feature in counted.tolist()]
        rows, rules, sizes, features = self.entries[index]
        rows += [row] * len(parts)
        rules += [part[0] for part in parts]
        features += [part[1] for part in parts]
        sizes += values[counted].tolist()
        order = order[:MAX_WEIGHTS]
        weights, halves = values[order], (high[order] - low[order]) / 2.0
        numbers = zip(parts, self.units(weights), self.units(halves))
        return Output(
            int(explanation.explained[index]),
            model,
            fit,
            intercept,
            local,
            rest.size,
            self.units([rest.sum()])[0],
            [Weight(part[0], part[2], weight, half) for part, weight, half in numbers],
        )

    def _count_others(self, row, index, values, others):
        rows, words, sizes = self.others[index]
        rows += [row] * others.size
        words += [self.conditions[word] for word in others.tolist()]
        sizes += values[others].tolist()

    def _part(self, explanation, feature):
        """Return the numbers of the rule and the feature, and the value, of one weight."""
        key = feature, int(explanation.codes[feature])
        if self.is_text or key not in self.parts:
            self.parts[key] = self._new_part(explanation, feature)
        rule, number, has_value = self.parts[key]
        if not has_value or not self.include_values:
            return rule, number, ""
        name = str(explanation.feature_names[feature])
        return rule, number, _value(explanation.data[feature], name, self.conditions[feature])

    def _new_part(self, explanation, feature):
        condition = self.conditions[feature]
        _, rule, value = rule_texts(explanation, feature, condition)
        if self.is_text:
            number, whole = self.feature_number(condition), rule.text
        else:
            raw = str(explanation.feature_names[feature])
            number, whole = self.feature_number(raw), split_condition(raw, condition)
            if not whole:
                rule = name_of("")  # in standard deviations: differs from row to row
        # Rules that are cut to the same text stay apart.
        index = self.rules.setdefault((number, whole), len(self.rules))
        if index == len(self.rule_texts):
            self.rule_texts.append((number, rule.text))
        return index, number, bool(value.text)

    def _document(self, explanation):
        """Return pieces with the rules of the highlighted ones, and how many words they show."""
        parts = []
        marked = _marked(explanation)
        sizes = np.abs(explanation.values).max(axis=1, initial=0.0)
        shown, note = shown_pieces(explanation, marked, sizes)
        for text, word in shown:
            rule = -1
            if word is not None and word != GAP:
                rule, _, _ = self._part(explanation, word)
            parts += [visible(text, keep_lines=True), rule]
        return parts, note


class Truth:
    """What the model should have said, where the user knows it.

    Parameters
    ----------
    batch : ExplanationBatch
        What is shown.

    y : array-like of shape (n_rows,) or None
        Labels or numbers.
    """

    def __init__(self, batch, y):
        self.names = [name_of(name, MAX_CLASS_LENGTH).text for name in batch.response_names]
        self.is_classification = batch.is_classification
        self.is_known = y is not None
        self.indices = [None] * len(batch)
        self.y = None
        if y is None:
            return
        self.y = np.asarray(y)
        if self.y.shape != (len(batch),):
            raise ValueError(
                f"y has the shape {self.y.shape}; pass one value for each of the {len(batch)} "
                "explained rows."
            )
        if self.is_classification:
            self.indices = self._class_indices(batch)
        else:
            self.y = self._numbers()
            decimals = response_decimals(batch)
            self.indices = [signed_text(value, decimals, always_signed=False) for value in self.y]
        is_plain = batch.predictions.shape[1] == 1 and not has_pairs(batch)
        self.predictions = batch.predictions[:, 0] if is_plain else None

    def _numbers(self):
        try:
            return self.y.astype(np.float64)
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"y must hold the true numbers, as the model is no classifier; {error}."
            ) from error

    def _class_indices(self, batch):
        """Find labels among those of the model, else among the names that the user gave."""
        labels = batch[0].response_labels if len(batch) else batch.response_names
        known = {name: index for index, name in enumerate(labels)}
        if not any(label in known for label in self.y.tolist()):
            known = {name: index for index, name in enumerate(batch.response_names)}
        if len(batch) and not any(label in known for label in self.y.tolist()):
            raise ValueError(
                f"y holds {self.y.tolist()[0]!r}, and none of the classes of the model, "
                f"{list(labels)}; pass labels as the model has them."
            )
        indices = []
        for label in self.y.tolist():
            if label not in known:
                known[label] = len(self.names)
                self.names.append(name_of(label, MAX_CLASS_LENGTH).text)
            indices.append(known[label])
        return indices

    def score(self, records):
        """Return the name and the text of how well the model does, or None."""
        answered = [record for record in records if not record["failure"]]
        if self.is_classification:
            answered = [record for record in answered if record["predicted"] != NO_CLASS]
        if not self.is_known or not answered:
            return None
        if self.is_classification:
            right = sum(record["true"] == record["predicted"] for record in answered)
            return {
                "name": "Model accuracy here",
                "text": signed_text(right / len(answered), 2, always_signed=False),
                "detail": f"{len(answered) - right} wrong",
            }
        if self.predictions is None:
            return None
        error = np.nanmean(np.abs(self.predictions - self.y))
        text = signed_text(error, decimals_for([error]), always_signed=False)
        return {"name": "Mean absolute error here", "text": text, "detail": "of the model"}


def _common_decimals(explanations):
    """Return decimals that suit the strongest weight of a typical row."""
    strongest = []
    for explanation in explanations:
        sizes = np.abs(explanation.values * np.asarray(explanation.encodings)[:, None])
        strongest += sizes.max(axis=0, initial=0.0).tolist()
    strongest = [size for size in strongest if size > 0.0 and np.isfinite(size)]
    return decimals_for([float(np.median(strongest))]) if strongest else 3


def _marked(explanation):
    """Return the indices of words that any output uses, without overlaps."""
    found = {
        item
        for index in range(len(explanation.explained))
        for item in highlights(explanation, index)
    }
    kept, end = [], 0
    for start, stop, word in sorted(found):
        if start >= end:
            kept.append((start, stop, word))
            end = stop
    return kept


def _is_short_number(text):
    """Tell whether JavaScript writes a number as Python has written it."""
    try:
        return text == f"{float(text):.6g}" and "e" not in text
    except ValueError:
        return False


def _value(value, name, condition):
    """Return a value as a number where JavaScript writes it in the same way, else as a text."""
    text = value_text(value, name, condition)
    if len(text) > MAX_VALUE_LENGTH or not _is_short_number(text):
        return name_of(text, MAX_VALUE_LENGTH).text
    return float(text) if "." in text else int(text)
