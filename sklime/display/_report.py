"""The report on many rows: one HTML file that needs nothing else."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from sklime.display._advice import FIDELITY_WORDS, LOW_FIDELITY, is_low
from sklime.display._cohorts import Cohorts
from sklime.display._dots import STRIP_WIDTH, legend_of, strip_of, values_in
from sklime.display._html import asset, render
from sklime.display._method import method_tag
from sklime.display._names import (
    MAX_CLASS_LENGTH,
    has_output_name,
    json_for_html,
    name_of,
    pair_title,
)
from sklime.display._numbers import (
    decimals_for,
    fidelity_text,
    fidelity_word,
    share_text,
    signed_text,
)
from sklime.display._payload import ALL_OUTPUTS, NO_CLASS, Output, Payload, ShownName, Weight
from sklime.display._records import MAX_THUMBNAILS, Collector, Record, Truth
from sklime.display._summary import (
    Driver,
    Entries,
    drivers,
    facts_of,
    has_pairs,
    is_probability,
    main_output_indices,
    output_names,
    response_decimals,
    shares_parts,
)
from sklime.display._types import Axis, View
from sklime.display._units import response_noun
from sklime.display._view import (
    axis_of,
    bar_view,
    percent,
    share,
)
from sklime.display._words import parts_of, words_of
from sklime.utils._picks import greedy_picks
from sklime.utils._types import Array, FloatArray, IntArray

if TYPE_CHECKING:
    from markupsafe import Markup

    from sklime._explanations._base import AnyBatch

__all__ = ["report_html"]

N_PICKS = 6
N_REASONS = 2

# Rows that the page lists without the script; the script lists all of them.
MAX_STATIC_ROWS = 2000
MAX_DRIVERS = 15
MAX_OUTPUTS = 12

# Dots in each strip: fewer if there are many features, so that the file stays small.
MAX_DOTS, FEWEST_DOTS = 300, 60

N_BARS = 20  # of the histogram

SNIPPET_LENGTH = 100  # of a document in the list, in characters


def report_html(
    batch: AnyBatch,
    *,
    title: str | None = None,
    y: Any = None,
    include_values: bool = True,
    by: Any = None,
) -> str:
    """Write a report on many explanations.

    Parameters
    ----------
    batch : ExplanationBatch
        The explanations to show.

    title : str, default=None
        Heading; `None` is "LIME explanations", or "Shapley values (marginal)".

    y : array-like of shape (n_rows,), default=None
        True classes or numbers of the rows.

    include_values : bool, default=True
        Whether the values of the rows, documents and pictures are part of the file.

    by : array-like of shape (n_rows,), default=None
        Group of each row, at most 12 groups.

    Returns
    -------
    html : str
        A whole page. Its content security policy allows one script, by the hash of its bytes.
    """
    explanations = list(batch)
    indices = main_output_indices(explanations)
    truth, cohorts = Truth(batch, y), Cohorts(batch, by)
    collector = Collector(explanations, include_values)
    is_shared = shares_parts(batch)
    records = _records(collector, explanations, indices, truth)
    facts = facts_of(batch, explanations, indices)
    # Before the payload: a name gets its number when it is first shown, and the drivers show some.
    # Segments are no rules that some pictures meet and others do not.
    has_picks = batch.kind != "image" and not facts["is_shapley"]
    outputs = _outputs(batch, collector, facts["n_explained"]) if is_shared else []
    known = np.array([not record["failure"] for record in records], dtype=bool)
    script = asset("report.js")
    return render(
        "report.html",
        title=name_of(words_of(batch).headings if title is None else title, 200).text,
        style=asset("report.css"),
        script=script,
        script_hash=_hash(script),
        payload=_markup(json_for_html(_payload(batch, collector, records, truth, cohorts))),
        facts=facts,
        histogram=_histogram(facts["fidelity"]),
        score=truth.score(records),
        outputs=outputs,
        picks=_picks(batch, collector, records, indices) if has_picks else [],
        has_picks=has_picks,
        has_own_parts=bool(explanations) and not is_shared,
        n_thumbnails=MAX_THUMBNAILS if batch.kind == "image" and include_values else 0,
        rows=_static_rows(batch, records[:MAX_STATIC_ROWS], collector, truth),
        head=_head(batch, truth),
        cohorts=cohorts.view(batch, collector, indices, known),
        include_values=include_values,
        search=f'{"segment 3" if batch.kind == "image" else "word"}, "class 2", '
        + ("x > 3" if include_values and collector.has_values else "R2 < 0.3"),
    )


def _records(
    collector: Collector, explanations: list[Any], indices: IntArray, truth: Truth
) -> list[Record]:
    records = [
        collector.record(row, explanation, index)
        for row, (explanation, index) in enumerate(zip(explanations, indices))
    ]
    for record, true in zip(records, truth.indices):
        record["true"] = true
    return records


def _payload(
    batch: AnyBatch, collector: Collector, records: list[Record], truth: Truth, cohorts: Cohorts
) -> Payload:
    """Return the data that the script reads; see `Payload` for the meaning of the keys."""
    return {
        "c": truth.names,
        "f": collector.feature_names,
        "r": _rules(collector),
        "u": [list(column) for column in collector.columns(len(records))],
        "t": list(collector.notes),
        "d": collector.decimals,
        "o": [name.text for name in output_names(batch)],
        "p": np.maximum(batch[0].internals.opposed_index, -1).tolist() if len(batch) else [],
        "k": int(batch.is_classification),
        "b": int(is_probability(batch)),
        "n": len(batch.response_names),
        "y": int(truth.is_known),
        "s": min(len(records), MAX_STATIC_ROWS),
        "v": int(collector.include_values and collector.has_values),
        "w": batch.noun,
        "j": parts_of(batch).one,
        "l": round(100 * LOW_FIDELITY),
        "g": _fidelity_words(batch),
        "h": response_noun(batch),
        "q": words_of(batch).quantity,
        "z": words_of(batch).base,
        "a": words_of(batch).total,
        "e": [cohorts.title, cohorts.names, cohorts.indices.tolist()],
        "x": [_row(record) for record in records],
    }


def _rules(collector: Collector) -> list[list[Any]]:
    return [
        [feature, text, *([0] if index in collector.valueless else [])]
        for index, (feature, text) in enumerate(collector.rule_texts)
    ]


def _row(record: Record) -> list[Any]:
    """Return one row in the positions of `sklime.display._payload.ROW`."""
    return [
        record["label"],
        record["predicted"],
        record["true"],
        record["main"],
        record["responses"],
        [output.flat() for output in record["outputs"]],
        *_extras(record),
    ]


def _fidelity_words(batch: AnyBatch) -> list[Any]:
    """Return the words for a fidelity, each with the least hundredths that it stands for."""
    words: list[list[Any]] = []
    for floor, _ in FIDELITY_WORDS:
        word = fidelity_word(floor, is_bound=batch.internals.fidelity_is_bound)
        care = ": read with care" if is_low(floor) else ""
        words.append([None if np.isinf(floor) else round(100 * floor), word + care])
    return words


def _extras(record: Record) -> list[Any]:
    """Return the last positions of a row: the document or the failure, and the notes."""
    # Most rows have neither, and a row without these is shorter.
    extra = record["document"] or record["failure"]
    if record["notes"]:
        return [extra or 0, record["notes"]]
    return [extra] if extra else []


def _static_rows(
    batch: AnyBatch, records: list[Record], collector: Collector, truth: Truth
) -> list[View]:
    decimals = response_decimals(batch)
    low_limit = round(100 * LOW_FIDELITY)
    rows = []
    for index, record in enumerate(records):
        row: View = {"id": index, "label": record["label"], "failure": record["failure"]}
        if not record["failure"]:
            output = record["outputs"][record["main"]]
            model = float(batch.predictions[index, record["main"]])
            row |= {
                "model": signed_text(model, decimals, always_signed=False),
                "width": f"{100 * model:.0f}",
                "predicted": _class_name(record, truth.names) if truth.is_classification else "",
                "fidelity": _hundredths(output.fidelity),
                "snippet": _snippet(record["document"]),
                "images": record["images"],
                "is_low": output.fidelity is not None and output.fidelity < low_limit,
                "reasons": [
                    {
                        "is_up": item.weight > 0,
                        "name": _text(collector.feature_names[collector.rule_texts[item.rule][0]]),
                        "rule": collector.rule_texts[item.rule][1],
                    }
                    for item in output.weights[:N_REASONS]
                    if item.weight
                ],
            }
        if truth.is_known:
            is_class = truth.is_classification
            row["true"] = truth.names[record["true"]] if is_class else record["true"]
            is_known = record["predicted"] != NO_CLASS
            row["is_wrong"] = is_class and is_known and record["true"] != record["predicted"]
        rows.append(row)
    return rows


def _snippet(document: list[Any]) -> str:
    """Return the begin of a document on one line."""
    text = " ".join("".join(document[::2]).split())
    return text if len(text) <= SNIPPET_LENGTH else f"{text[: SNIPPET_LENGTH - 1].rstrip()}…"


def _outputs(batch: AnyBatch, collector: Collector, n_rows: int) -> list[View]:
    n_dots = max(FEWEST_DOTS, MAX_DOTS // max(collector.n_outputs, 1))
    outputs: list[View] = []
    for index, name in enumerate(output_names(batch)[:MAX_OUTPUTS] if len(batch) else []):
        entries = collector.counted(index)
        ranked = drivers(entries, n_rows, MAX_DRIVERS)
        ranked = [item for item in ranked if item["mean"] > 0.0]
        axis = axis_of(*(item["weights"] for item in ranked))
        decimals = decimals_for([item["mean"] for item in ranked])
        largest = max((item["mean"] for item in ranked), default=1.0)
        strips = [
            strip_of(item["weights"], _values(batch, collector, entries, item), axis, n_dots)
            for item in ranked
        ]
        outputs.append(
            {
                "name": name,
                "legend": legend_of(strips),
                "rows": [
                    _numbered(item, collector)
                    | _driver(item, axis, decimals, largest)
                    | {"strip": strip}
                    for item, strip in zip(ranked, strips)
                ],
            }
        )
    return outputs


def _values(batch: AnyBatch, collector: Collector, entries: Entries, item: Driver) -> Array | None:
    """Return the values of a feature in the rows that use it."""
    # The colors of dots tell values, too.
    if not collector.include_values:
        return None
    return values_in(batch, item["raw"], entries.rows[item["entries"]])


def _numbered(item: Driver, collector: Collector) -> View:
    """Return the number of a feature, and its name in the report."""
    number = collector.feature_number(item["raw"])
    return {"feature": number, "name": name_of(_text(collector.feature_names[number]))}


def _driver(item: Driver, axis: Axis, decimals: int, largest: float) -> View:
    return {
        "mean": signed_text(item["mean"], decimals, always_signed=False),
        "width": percent(100 * item["mean"] / largest),
        "up": item["up"],
        "down": item["down"],
        "zero": round(share(0.0, axis) * STRIP_WIDTH / 100),
    }


def _picks(
    batch: AnyBatch, collector: Collector, records: list[Record], indices: IntArray
) -> list[View]:
    """Return representative rows, each with its whole table.

    Rows are chosen greedily to cover the rules that matter, as by `submodular_pick`.
    """
    rows: list[int] = []
    rules: list[int] = []
    weights: list[int] = []
    for row, record in enumerate(records):
        if not record["failure"]:
            output = record["outputs"][record["main"]]
            rows += [row] * len(output.weights)
            rules += [item.rule for item in output.weights]
            weights += [item.weight or 0 for item in output.weights]
    strengths = sparse.csr_array(
        # Weights in units are integers that may exceed all integer types of NumPy.
        (np.abs(np.array(weights, dtype=np.float64)), (rows, rules)),
        shape=(len(records), max(rules, default=-1) + 1),
    )
    strengths.eliminate_zeros()
    importances = np.sqrt(strengths.sum(axis=0))
    picks, covered = greedy_picks(strengths, importances, N_PICKS)
    shares = covered / (importances.sum() or 1.0)
    return [
        _pick(batch, collector, records[row], row, share)
        for row, share in zip(picks.tolist(), shares.tolist())
    ]


def _pick(batch: AnyBatch, collector: Collector, record: Record, row: int, covered: float) -> View:
    output = record["outputs"][record["main"]]
    is_class = batch.is_classification
    names = [name_of(name, MAX_CLASS_LENGTH).text for name in batch.response_names]
    opposed = int(batch[row].internals.opposed_index[record["main"]])
    other = names[opposed] if opposed >= 0 else None
    return {
        "id": row,
        "label": record["label"],
        "tag": method_tag(batch[row]),
        "is_exact": bool(batch.is_exact[row]),
        "covered": share_text(covered),
        "response": signed_text(
            batch.predictions[row, record["main"]], response_decimals(batch), always_signed=False
        ),
        "model": _units_text(output.model, collector.decimals, always_signed=False),
        "predicted": _class_name(record, names) if is_class else "",
        "explained": pair_title(names[output.explained], other).text if is_class else "",
        "fidelity": _hundredths(output.fidelity),
        "notes": _pick_notes(collector, record),
        "rows": _pick_rows(collector, output),
        "n_rest": output.n_rest,
        "rest": _units_text(output.rest, collector.decimals),
        "parts": _pick_parts(record, output),
        "intercept": _units_text(output.intercept, collector.decimals),
        "surrogate": _units_text(output.surrogate, collector.decimals, always_signed=False),
    }


def _class_name(record: Record, names: list[str]) -> str:
    return "not known" if record["predicted"] == NO_CLASS else names[record["predicted"]]


def _pick_notes(collector: Collector, record: Record) -> list[str]:
    """Return the notes on the shown output and those on all outputs."""
    texts, notes = list(collector.notes), record["notes"]
    pairs = list(zip(notes[::2], notes[1::2]))
    # If R2 is undefined, the note on the output tells why.
    begin = "undefined: " if record["outputs"][record["main"]].fidelity is None else ""
    own = [begin + texts[text] for index, text in pairs if index == record["main"]]
    return own + [texts[text] for index, text in pairs if index == ALL_OUTPUTS]


def _pick_rows(collector: Collector, output: Output) -> list[View]:
    decimals = collector.decimals
    # From units, not from the weights themselves: bars and numbers agree to the last digit.
    ends = [_ends(item, 10.0**-decimals) for item in output.weights]
    axis = axis_of(*ends)
    rows = []
    for item, (middle, low, high) in zip(output.weights, ends):
        feature, rule = collector.rule_texts[item.rule]
        rows.append(
            {
                "name": _text(collector.feature_names[feature]),
                "rule": rule,
                "value": str(item.value),
                "bar": bar_view(middle, low, high, axis),
                "weight": _units_text(item.weight, decimals),
                "half": "" if item.half is None else _half_text(item.half, decimals),
            }
        )
    return rows


def _ends(item: Weight, unit: float) -> tuple[float, float, float]:
    """Return a weight and the ends of its interval; NaN if they are not defined."""
    if item.weight is None:
        return np.nan, np.nan, np.nan
    if item.half is None:
        return unit * item.weight, np.nan, np.nan
    half = item.half
    return unit * item.weight, unit * (item.weight - half), unit * (item.weight + half)


def _pick_parts(record: Record, output: Output) -> list[View]:
    """Return the pieces of a document with their weights, for the page without the script."""
    weights = {item.rule: item.weight for item in output.weights}
    document = record["document"]
    return [
        {"text": text, "weight": weights.get(rule, 0) or 0}
        for text, rule in zip(document[::2], document[1::2])
    ]


def _head(batch: AnyBatch, truth: Truth) -> View:
    names = output_names(batch) if len(batch) else []
    is_one = len(names) == 1 and batch.target != "predicted"
    model = f"Model, {response_noun(batch)}" if has_output_name(batch) else "Model"
    if is_one and has_output_name(batch) and not has_pairs(batch):
        name, noun = names[0].text, response_noun(batch).capitalize()
        model = f"P({name})" if is_probability(batch) else f"{noun} of {name}"
    return {
        "model": model,
        "is_probability": is_probability(batch),
        "is_classification": batch.is_classification,
        "is_binary": batch.is_classification and len(batch.response_names) == 2,
        "has_truth": truth.is_known,
        "words": words_of(batch)._asdict(),
        "classes": truth.names[: len(batch.response_names)] if batch.is_classification else [],
    }


def _histogram(fidelity: FloatArray) -> str:
    """Return the path of a histogram with one bar per twentieth."""
    counts, _ = np.histogram(np.clip(fidelity, 0.0, 1.0), bins=N_BARS, range=(0.0, 1.0))
    tallest = max(int(counts.max(initial=0)), 1)
    heights = [round(36 * int(count) / tallest, 1) for count in counts]
    return "".join(f"M{5 + 10 * i} 40v-{height:g}" for i, height in enumerate(heights) if height)


def _units_text(units: int | None, decimals: int, *, always_signed: bool = True) -> str:
    if units is None:
        return "not defined"
    return signed_text(units / 10**decimals, decimals, always_signed=always_signed)


def _half_text(half: int, decimals: int) -> str:
    return f"\N{PLUS-MINUS SIGN}{_units_text(half, decimals, always_signed=False)}"


def _hundredths(units: int | None) -> str:
    return fidelity_text(np.nan if units is None else units / 100)


def _text(item: ShownName) -> str:
    return item if isinstance(item, str) else item[0]


def _hash(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode()


def _markup(text: str) -> Markup:
    from markupsafe import Markup

    return Markup(text)
