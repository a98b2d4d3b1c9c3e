"""Small tables of mixed columns, functions of them, and short ways to explain them, for tests."""

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import KBinsDiscretizer, OneHotEncoder, StandardScaler

from sklime import LimeTabularExplainer

# Settings of explainers, where a few perturbed rows will do, and where it takes more of them.
FEW = {"n_perturbations": 64, "random_state": 0}
MANY = {"n_perturbations": 256, "random_state": 0}

CATEGORIES = ["sex", "job", "city", "smoker", "member", "nick"]
RAW = ["sex", "city", "age", "income", "children", "smoker"]
NUMBERS = ["age", "income", "children", "visits", "score"]


def mixed_frame(n_rows, seed):
    """A column of every kind that a pandas frame has, some with missing values."""
    rng = np.random.default_rng(seed)
    index = [f"row {place}" for place in range(n_rows)]
    jobs = _with_gaps(rng.choice(["cook", "nurse", "pilot"], n_rows).astype(object), None)
    cities = rng.choice(["Bonn", "Rome", "Oslo"], n_rows)
    frame = pd.DataFrame(
        {
            "sex": rng.choice(["female", "male"], n_rows),
            "job": pd.Series(jobs, index, dtype=object),
            "city": pd.Categorical(cities, ["Rome", "Bonn", "Oslo"]),
            "smoker": rng.random(n_rows) < 0.3,
            "children": rng.integers(0, 5, n_rows),
            "age": _with_gaps(rng.normal(40.0, 10.0, n_rows), np.nan),
            "income": rng.lognormal(8.0, 0.5, n_rows),
            "visits": pd.array(rng.integers(0, 20, n_rows), dtype="Int64"),
            "member": pd.array(rng.random(n_rows) < 0.5, dtype="boolean"),
            "nick": pd.array(rng.choice(["Al", "Bo"], n_rows), dtype="string"),
            "score": pd.array(rng.normal(size=n_rows), dtype="Float64"),
        },
        index,
    )
    for name, first in [("city", 1), ("visits", 2), ("member", 3), ("nick", 4), ("score", 5)]:
        frame.loc[frame.index[first::7], name] = pd.NA
    return frame


def mixed_score(X):
    """A function of the mixed frame that takes missing values."""
    score = 2.0 * (X["sex"] == "female") + (X["job"] == "nurse") - 3.0 * X["age"].isna()
    score = score + X["smoker"] * 1.5 + (X["city"] == "Rome") + X["children"] * 0.2
    score = score + X["visits"].isna() + X["member"].fillna(False) + (X["income"] > 3000.0)
    return score.to_numpy(dtype=float, na_value=0.0)


def rows_asked(function):
    """All rows that a recording function was asked about, as one frame."""
    return pd.concat(function.calls, ignore_index=True)


def explained_table(function, X, rows=None, **parameters):
    """Explain some rows of a table, by default the first three, against the other bins."""
    parameters = {"baseline": "other", **MANY, **parameters}
    explainer = LimeTabularExplainer(function, **parameters).fit(X)
    return explainer.explain(X[:3] if rows is None else rows)


def explained(model, X, **parameters):
    """Explain what a fitted model says of the first three rows of a table."""
    return LimeTabularExplainer(model, **(MANY | parameters)).fit(X).explain(X[:3])


def explained_model(model, X, y=None, **parameters):
    """Explain what a model, fitted or not, says of the first five rows of a table."""
    return LimeTabularExplainer(model, **(FEW | parameters)).fit(X, y).explain(X[:5])


def encoded(model):
    """A pipeline that works on raw columns, which it takes by name."""
    numbers = make_pipeline(SimpleImputer(), StandardScaler())
    texts = make_pipeline(
        SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore")
    )
    columns = ColumnTransformer(
        [("numbers", numbers, ["age", "income", "children"]), ("texts", texts, ["sex", "city"])],
        remainder="passthrough",
    )
    return make_pipeline(columns, model)


def first_column(X):
    """The first column, as a function of the table."""
    return np.asarray(X)[:, 0]


def row_sums(X):
    """The sum of all columns."""
    return np.asarray(X, dtype=float).sum(axis=1)


def is_nurse(X):
    """1 for rows whose job is nurse."""
    return np.asarray(np.asarray(X["job"]) == "nurse", dtype=float)


def three_bins(encode="ordinal"):
    """A discretizer of scikit-learn with three bins of equal frequency."""
    # The method is the default from scikit-learn 1.9 on; before, leaving it out warns.
    return KBinsDiscretizer(3, encode=encode, quantile_method="averaged_inverted_cdf")


def _with_gaps(values, missing):
    values[::7] = missing
    return values
