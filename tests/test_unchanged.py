"""Explanations are the same, to the last byte, as before the rooms were rebuilt.

Hashes are those of one machine; they go when the rebuilding is done.
"""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.ensemble import GradientBoostingRegressor, RandomForestClassifier
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import HuberRegressor, Lasso, LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tables import mixed_frame, mixed_score

from sklime import LimeTabularExplainer, LimeTextExplainer

HASHES = Path(__file__).parent / "unchanged.json"

TEXTS = [
    "The soup was good, the staff was kind. I will come again!",
    "Bad soup, bad staff; never again. The price was not good.",
    "A kind host and a good price: what more can one want?",
    "Nothing was good here, nothing at all.",
    "I want my money back. The host was rude and the room was cold.",
    "Warm rooms, kind people, good food, good beds, good night.",
    "",
    "word " * 40 + "good " + "long " * 30,
]
LABELS = [1, 0, 1, 0, 0, 1, 0, 1]


def breast_cancer():
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    X = X.iloc[:, :10]
    model = RandomForestClassifier(20, random_state=0).fit(X, y)
    return model, X, y, X.iloc[:4]


def diabetes():
    X, y = load_diabetes(return_X_y=True)
    return GradientBoostingRegressor(n_estimators=20, random_state=0).fit(X, y), X, y, X[:4]


def iris():
    X, y = load_iris(return_X_y=True, as_frame=True)
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)
    return model, X, y, X.iloc[48:52]


def mixed():
    X = mixed_frame(80, 0)
    return mixed_score, X, mixed_score(X), X.iloc[:4]


TABLES = {
    "forest": (breast_cancer, {}),
    "forest shared": (breast_cancer, {"neighborhood": "shared"}),
    "forest around": (breast_cancer, {"neighborhood": "around", "discretizer": None}),
    "forest other": (breast_cancer, {"baseline": "other", "max_features": 5}),
    "forest entropy": (breast_cancer, {"discretizer": "entropy"}),
    "forest model cuts": (breast_cancer, {"discretizer": "model"}),
    "forest logit": (breast_cancer, {"link": "logit", "selection": "forward", "max_features": 4}),
    "forest empirical": (breast_cancer, {"background": "empirical"}),
    "forest copula": (breast_cancer, {"background": "copula", "control_variates": False}),
    "forest auto": (breast_cancer, {"n_perturbations": "auto", "max_perturbations": 4096}),
    "forest fixed": (breast_cancer, {"fixed": ["mean area"]}),
    "forest grouped": (breast_cancer, {"groups": {"size": ["mean radius", "mean area"]}}),
    "boosting": (diabetes, {}),
    "boosting lasso path": (diabetes, {"selection": "lasso_path", "max_features": 3}),
    "boosting least squares": (diabetes, {"surrogate": LinearRegression()}),
    "boosting lasso": (diabetes, {"surrogate": Lasso(0.1)}),
    "boosting huber": (diabetes, {"surrogate": HuberRegressor(), "n_perturbations": 256}),
    "boosting scores": (diabetes, {"discretizer": None, "neighborhood": "shared"}),
    "iris": (iris, {}),
    "iris predicted": (iris, {"target": "predicted", "n_replicates": 4}),
    "iris pair": (iris, {"target": (0, 1), "link": "logit"}),
    "mixed": (mixed, {}),
    "mixed shared": (mixed, {"neighborhood": "shared", "kernel_width": 3.0}),
}

WRITTEN = {
    "tfidf": (make_pipeline(TfidfVectorizer(), LogisticRegression()), {}),
    "tfidf twenty": (
        make_pipeline(TfidfVectorizer(), RandomForestClassifier(20, random_state=0)),
        {"max_features": 3, "keep": 0.7},
    ),
    "counts as strings": (
        make_pipeline(CountVectorizer(ngram_range=(1, 2)), LogisticRegression()),
        {},
    ),
    "mask token": (make_pipeline(TfidfVectorizer(), LogisticRegression()), {"mask_token": "UNK"}),
    "no variates": (
        make_pipeline(TfidfVectorizer(), LogisticRegression()),
        {"control_variates": False, "n_perturbations": 300},
    ),
    "huber": (
        make_pipeline(TfidfVectorizer(), LogisticRegression()),
        {"surrogate": HuberRegressor(), "n_perturbations": 128},
    ),
    "sentences": (
        make_pipeline(CountVectorizer(), LogisticRegression()),
        {"analyzer": "sentence"},
    ),
}


def digest(content):
    return hashlib.sha256(content).hexdigest()[:16]


def found(batch, weights, folder):
    """Hashes of everything that a user sees."""
    low, high = [], []
    for explanation in batch:
        ends = explanation.confidence_intervals()
        low.append(ends[0].tobytes())
        high.append(ends[1].tobytes())
    report = folder / "report.html"
    batch.to_html(report)
    return {
        "transform": digest(np.ascontiguousarray(weights).tobytes()),
        "values": digest(b"".join(one.values.tobytes() for one in batch)),
        "intervals": digest(b"".join(low + high)),
        "json": digest(batch.to_json().encode()),
        "frame": digest(batch.to_frame().to_csv().encode("utf-8", "surrogatepass")),
        "notebook": digest("".join(one._repr_html_() for one in batch).encode()),
        "plain": digest("".join(str(one) for one in batch).encode()),
        "report": digest(report.read_bytes()),
    }


def explained_table(name, folder):
    make, options = TABLES[name]
    model, X, y, rows = make()
    explainer = LimeTabularExplainer(model, random_state=0, **options).fit(X, y)
    return found(explainer.explain(rows), explainer.transform(rows), folder)


def explained_texts(name, folder):
    model, options = WRITTEN[name]
    model.fit(TEXTS, LABELS)
    explainer = LimeTextExplainer(model, random_state=0, **options).fit(TEXTS)
    weights = explainer.transform(TEXTS)
    weights = weights.toarray() if hasattr(weights, "toarray") else np.asarray(weights)
    return found(explainer.explain(TEXTS), weights, folder)


@pytest.mark.parametrize("name", [*TABLES, *WRITTEN])
@pytest.mark.filterwarnings("ignore")
def test_explanation_is_unchanged(name, tmp_path):
    explained = explained_table if name in TABLES else explained_texts
    assert explained(name, tmp_path) == json.loads(HASHES.read_text(encoding="utf-8"))[name]


if __name__ == "__main__":
    import tempfile
    import warnings

    warnings.simplefilter("ignore")
    folder = Path(tempfile.mkdtemp())
    hashes = {name: explained_table(name, folder) for name in TABLES}
    hashes |= {name: explained_texts(name, folder) for name in WRITTEN}
    HASHES.write_text(json.dumps(hashes, indent=1) + "\n", encoding="utf-8")
