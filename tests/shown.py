"""Explanations to show: of any names and numbers, and of documents, made by hand."""

import numpy as np

from sklime import (
    Explanation,
    ExplanationBatch,
    ImageExplanation,
    ImageExplanationBatch,
    TextExplanation,
    TextExplanationBatch,
)
from sklime._explanations._flat import flat
from sklime._explanations._settings import ExplainerSettings

__all__ = [
    "HOSTILE",
    "changed",
    "document_batch",
    "document_explanation",
    "hand_made",
    "picture_batch",
    "picture_explanation",
]

N_REPLICATES = 8

# What has broken a display: markup in any quoting, comments, ends of scripts and of styles,
# characters that reorder others or cannot be encoded, mathematics, templates, lines and lengths.
HOSTILE = {
    "script": "</script><script>document.title='x'</script>",
    "script in capitals": "</SCRIPT ><ScRiPt>document.title='x'</sCrIpT>",
    "comment and script": "<!--<script>document.title='x'</script>",
    "comment end": "--><script>document.title='x'</script>",
    "image": "<img src=x onerror=\"document.title='x'\">",
    "svg": "<svg onload=document.title='x'>",
    "attribute": "\" onmouseover=document.title='x' autofocus onfocus=document.title='x' x=\"",
    "single quotes": "' onmouseover=document.title='x' style='position:fixed;inset:0' x='",
    "title end": "</title><script>document.title='x'</script>",
    "style end": "</style><script>document.title='x'</script>",
    "style": "red;}*{display:none}</style><style>*{display:none}",
    "cdata": "]]><script>document.title='x'</script><![CDATA[",
    "entity": "&lt;script&gt;document.title='x'&lt;/script&gt; &amp; &#60;b&#62;",
    "backslashes": "\\u003c/script\\u003e \\ \\\" \\' \\n",
    "separators": "a\u2028b\u2029c\x85d",
    "template": "{{ 7 * 7 }}{% raw %}${7*7}#{7*7}<%= 7 %>",
    "link": "javascript:document.title='x'",
    "address": "//evil.example/x.js",
    "directions": "\u202egnp.exe\u202c \u2066isolated\u2069 \u200fright",
    "surrogates": "\ud800 lone \udfff",
    "controls": "nul\x00 bell\x07 escape\x1b[31m delete\x7f",
    "line breaks": "one\ntwo\rthree\ttab",
    "emoji": "\U0001f468\u200d\U0001f469\u200d\U0001f467 e\u0301 \U0001f1eb\U0001f1f7",
    "right to left": "שלום עולם مرحبا",
    "zalgo": "z" + "\u0300\u0316" * 60,
    "mathematics": "$\\frac{1}{0$ $a_b$ a$\\frac$b",
    "percent": "%s %(x)s {0} {x!r} $x",
    "long": "a" * 100_000,
    "long with spaces": "word " * 20_000,
    "long markup": "<b>" * 30_000,
    "empty": "",
    "space": "   ",
}


def arrays_of(weights, names, rules, data, classes, label, *, seed=0):
    """Return arrays that hang together: intercept and weights add up to the surrogate."""
    rng = np.random.default_rng(seed)
    weights = np.asarray(weights, dtype=float)
    n_features, n_outputs = weights.shape
    errors = (
        np.abs(rng.normal(size=weights.shape)) * 0.05 * (np.abs(weights).max(initial=0.0) or 1.0)
    )
    errors[weights == 0.0] = np.nan
    intercepts = rng.uniform(0.1, 0.3, n_outputs)
    local = intercepts + weights.sum(axis=0)
    responses = local + 0.01
    if classes is not None:
        responses = np.clip(local + 0.01, 0.0, 1.0)
        rest = (1.0 - responses.sum()) / max(len(classes) - n_outputs, 1)
        missing = np.full(len(classes) - n_outputs, max(rest, 0.0))
        responses = np.concatenate([responses, missing])
    left_out = np.repeat(weights[None], N_REPLICATES, axis=0)
    return {
        "values": weights,
        "standard_errors": errors,
        "intercepts": intercepts,
        "predictions": responses[:n_outputs],
        "local_predictions": local,
        "held_out_predictions": local - 0.005,
        "fidelity": np.full(n_outputs, 0.62),
        "fidelity_errors": np.full(n_outputs, 0.03),
        "response_r2": np.full(n_outputs, 0.4),
        "effective_sample_size": 900.0,
        "encodings": np.ones(n_features),
        "background_encodings": np.full(n_features, 0.25),
        "data": data,
        "codes": np.zeros(n_features, dtype=int),
        "responses": responses,
        "explained": np.arange(n_outputs),
        "row_labels": label,
        "feature_names": tuple(names),
        "output_names": tuple(classes[:n_outputs]) if classes else ("prediction",),
        "response_names": tuple(classes) if classes else ("prediction",),
        "condition_labels": tuple((rule,) for rule in rules),
        "target": "auto",
        "is_classification": classes is not None,
        "baseline": "background",
        "fidelity_is_bound": False,
        "n_perturbations": 1024,
        "n_replicates": N_REPLICATES,
        "settings": ExplainerSettings(link="identity"),
        "left_out_values": left_out,
        "reselected_values": left_out,
        "converged": True,
        "failures": None,
    }


def changed(explanation, **changes):
    """The same explanation, or batch, with other arrays or names."""
    arrays = flat(explanation)
    if explanation.kind == "text":
        arrays |= {"document": explanation.document, "spans": explanation.spans}
    return type(explanation).from_arrays({**arrays, **changes})


def hand_made(
    weights=((0.307,), (-0.131,), (0.0,), (0.046,)),
    *,
    names=("late payments", "months at job", "unused", "housing"),
    levels=(None, None, None, "own"),
    classes=("default", "repaid"),
    label=1210,
    seed=0,
):
    """Return an explanation of one row; a level makes a column a category."""
    rules = [f"{name} = {x}" if x is not None else f"{name} > 1" for name, x in zip(names, levels)]
    data = np.empty(len(names), dtype=object)
    data[:] = [x if x is not None else 2.5 for x in levels]
    return Explanation.from_arrays(
        arrays_of(weights, names, rules, data, classes, label, seed=seed)
    )


def batch_of(explanations):
    """Return a batch of rows of one table."""
    return ExplanationBatch.concat([explanation.as_batch() for explanation in explanations])


def document_explanation(document, words, *, classes=("positive", "negative"), label=0, seed=0):
    """Return an explanation of a document, whose words are marked wherever they occur."""
    spans, names = [], []
    for word in words:
        found, start = [], document.find(word)
        while start >= 0 and word:
            found.append((start, start + len(word)))
            start = document.find(word, start + len(word))
        spans.append(np.array(found, dtype=int).reshape(-1, 2))
        names.append(word)
    weights = np.array([[value] for value in words.values()], dtype=float).reshape(-1, 1)
    data = np.array([len(span) for span in spans], dtype=float)
    arrays = arrays_of(weights, names, names, data, classes, label, seed=seed)
    return TextExplanation.from_arrays({**arrays, "document": document, "spans": tuple(spans)})


def document_batch(documents, words, **options):
    """Return explanations of many documents, each with those of the words that it has."""
    made = [
        document_explanation(
            document,
            {word: weight for word, weight in words.items() if word in document},
            label=label,
            seed=label,
            **options,
        )
        for label, document in enumerate(documents)
    ]
    return TextExplanationBatch.concat([one.as_batch() for one in made])


def picture_explanation(
    weights=(0.3, -0.2, 0.1, 0.0, 0.02, -0.04),
    *,
    shape=(20, 30, 3),
    certain=(0, 1, 2, 5),
    classes=("cat", "dog", "fox"),
    label=0,
    fill="a blurred copy",
    names=None,
):
    """Return an explanation of a picture in boxes, side by side along its longest axis."""
    weights = np.asarray(weights, dtype=float)
    n_parts, space = len(weights), shape[: 3 if len(shape) > 3 else 2]
    axis = int(np.argmax(space))
    place = np.arange(space[axis]) * n_parts // space[axis]
    segments = np.broadcast_to(
        np.expand_dims(place, [a for a in range(len(space)) if a != axis]), space
    )
    waves = sum(np.sin(0.5 * grid) for grid in np.ogrid[tuple(map(slice, shape))])
    names = names or [f"segment {part} (r{part} c1)" for part in range(n_parts)]
    sizes = np.bincount(segments.ravel(), minlength=n_parts)
    arrays = arrays_of(weights[:, None], names, names, sizes, classes, label)
    errors = np.where(np.isin(np.arange(n_parts), certain), 0.1, 2.0) * np.abs(weights)
    return ImageExplanation.from_arrays(
        {
            **arrays,
            "standard_errors": np.where(weights == 0.0, 0.01, errors)[:, None],
            "baseline": "removed",
            "settings": ExplainerSettings(link="identity", keep=0.75, fill=fill, segmenter="grid"),
            "image": np.rint(40.0 * waves + 127.0).astype(np.uint8),
            "segments": np.array(segments),
        }
    )


def picture_batch(n_pictures=3, **options):
    """Return explanations of pictures, the first with the largest weights."""
    made = [
        picture_explanation(
            np.array([0.3, -0.2, 0.1, 0.0, 0.02, -0.04]) / (label + 1), label=label, **options
        )
        for label in range(n_pictures)
    ]
    return ImageExplanationBatch.concat([one.as_batch() for one in made])
