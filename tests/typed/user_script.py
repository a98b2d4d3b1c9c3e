"""What a user writes, with the types that a type checker has to see; it also runs."""

from pathlib import Path
from typing import assert_type

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

import sklime.metrics
from sklime import (
    Explanation,
    ExplanationBatch,
    ImageExplanation,
    ImageExplanationBatch,
    LimeImageExplainer,
    LimeTabularExplainer,
    LimeTextExplainer,
    SubmodularPick,
    TextExplanation,
    TextExplanationBatch,
)
from sklime.backgrounds import CopulaBackground
from sklime.display import LimeExplanationDisplay, LimeGlobalDisplay
from sklime.kernels import exponential_kernel
from sklime.metrics import fidelity_score, jaccard_stability_score
from sklime.neighborhoods import AnchoredNeighborhood, MaskDistribution, MaskSample
from sklime.parts import split_document
from sklime.selection import Moments, forward


def explain_flowers(folder: Path) -> float:
    """Explain rows of a table, and look at everything that comes out."""
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(200, 4)), columns=["age", "income", "debt", "height"])
    y = (X["age"] + X["debt"] > 0.0).astype(int) + (X["income"] > 1.0)
    model = LogisticRegression(max_iter=1000).fit(X, y)
    explainer = LimeTabularExplainer(
        model,
        neighborhood=AnchoredNeighborhood(keep=0.75),
        background=CopulaBackground(),
        kernel=exponential_kernel,
        selection=forward,
        max_features=3,
        random_state=0,
    ).fit(X, y)
    assert_type(explainer, LimeTabularExplainer)
    batch = explainer.explain(X.iloc[:5])
    assert_type(batch, ExplanationBatch)
    assert_type(batch[0], Explanation)
    assert_type(batch[np.argmin(batch.fidelity[:, 0])], Explanation)
    assert_type(batch[1:3], ExplanationBatch)
    assert_type(batch[[0, 2]], ExplanationBatch)
    assert_type(ExplanationBatch.concat([batch, batch[:2]]), ExplanationBatch)
    halves = (explainer.explain(part) for part in (X[:2], X[2:4]))
    assert_type(ExplanationBatch.concat(halves), ExplanationBatch)
    assert_type(batch[0].as_list(output=0), list[tuple[str, float]])
    assert_type(batch.to_frame(), pd.DataFrame)
    assert_type(batch.mean_abs_weights(), pd.DataFrame)
    low, high = batch.confidence_intervals(0.9)
    widths = np.nanmean(high - low)
    text = batch.to_json()
    assert_type(text, str)
    assert_type(ExplanationBatch.from_json(text), ExplanationBatch)
    batch.to_json(folder / "batch.json")
    assert_type(batch.to_html(folder / "report.html", y=y[:5]), Path)
    assert_type(batch.to_html(), str)
    assert_type(batch.save(folder / "batch.csv"), Path)
    assert_type(batch[0].save(folder / "one.csv"), Path)
    assert_type(batch[0].to_html(), str)
    assert_type(batch.index(batch[1]), int)
    assert_type(batch == batch[:2], bool)
    display = LimeExplanationDisplay.from_explanation(batch[0], output=0)
    display.figure_.savefig(folder / "bars.png")
    display.ax_.set_title("Why")
    assert_type(LimeGlobalDisplay.from_explanations(batch), LimeGlobalDisplay)
    picks: list[int] = SubmodularPick(n_picks=2).fit(batch).indices_.tolist()
    stability = jaccard_stability_score(batch) + sklime.metrics.n_nonzero_weights(batch)
    return float(widths + fidelity_score(batch) + stability + len(picks))


def explain_pictures() -> float:
    """Explain pictures, and look at everything that comes out."""
    images = np.random.default_rng(0).random((4, 9, 9))
    explainer = LimeImageExplainer(
        lambda images: images.mean(axis=(1, 2)), segmenter="grid", n_segments=9, random_state=0
    ).fit(images)
    assert_type(explainer, LimeImageExplainer)
    batch = explainer.explain(images[:2])
    assert_type(batch, ImageExplanationBatch)
    assert_type(batch[0], ImageExplanation)
    assert_type(batch[1:], ImageExplanationBatch)
    assert_type(ImageExplanationBatch.from_json(batch.to_json()), ImageExplanationBatch)
    assert_type(batch[0].to_json(include_image=False), str)
    assert batch[0].mask(top=3).shape == explainer.preview_segments(images[0]).shape
    heatmaps = batch.heatmaps()
    return float(heatmaps.max() + explainer.transform(images).sum())


def explain_reviews() -> float:
    """Explain documents, and words on their own."""
    reviews = ["a good film", "a bad film", "good actors, bad plot"]
    explainer = LimeTextExplainer(lambda texts: [len(text) for text in texts], random_state=0)
    batch = explainer.fit(reviews).explain(reviews)
    assert_type(batch, TextExplanationBatch)
    assert_type(batch[0], TextExplanation)
    one = batch[0]
    assert_type(one.document, str)
    words = split_document(one.document, "word").words
    masks = MaskSample.of(MaskDistribution(len(words)), 64, 8, seed=0)
    moments = Moments(np.eye(2), np.ones(2), np.ones(()))
    return float(one.values.sum() + masks.n_masks + moments.Zf.sum())


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        print(explain_flowers(Path(name)) + explain_reviews())
