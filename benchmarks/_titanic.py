"""A mixed table: Titanic's passengers, pipelines for them, and the codes that `lime` takes."""

import gzip
import importlib.util
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

__all__ = [
    "IntegerCoding",
    "filled",
    "load_fare",
    "load_survival",
    "load_titanic",
    "make_mixed_pipeline",
]

# Among scikit-learn's own test fixtures, in its wheel.
_TITANIC = "datasets/tests/data/openml/id_40945/data-v1-dl-16826755.arff.gz"

# Columns that a model can learn from as they are.
_USABLE = ["pclass", "sex", "age", "sibsp", "parch", "fare", "embarked"]

# Rarer categories, and those beyond the most frequent, share one column.
_MIN_FREQUENCY, _MAX_CATEGORIES = 5, 20


def load_titanic():
    """Return all 1309 passengers with all 14 columns, strings and missing values as they are."""
    (folder,) = importlib.util.find_spec("sklearn").submodule_search_locations
    with gzip.open(Path(folder) / _TITANIC, "rt", encoding="utf-8") as lines:
        names = []
        for line in lines:
            if line.lower().startswith("@attribute"):
                names.append(line.split("'")[1])
            elif line.lower().startswith("@data"):
                break
        return pd.read_csv(lines, names=names, na_values="?", escapechar="\\")


def load_survival():
    """Return eight columns of the passengers, the deck among them, and who survived."""
    passengers = load_titanic()
    X = passengers[_USABLE].assign(deck=passengers["cabin"].str[0].fillna("unknown"))
    return X, passengers["survived"]


def load_fare():
    """Return seven columns of the passengers and the logarithm of what they paid."""
    X, _ = load_survival()
    X = X[X["fare"].notna()]
    return X.drop(columns="fare"), np.log1p(X["fare"])


def make_mixed_pipeline(model, max_categories=_MAX_CATEGORIES):
    """Return a pipeline that imputes, one-hot encodes and scales a table before the model."""
    is_number = make_column_selector(dtype_include="number")
    is_text = make_column_selector(dtype_exclude="number")
    one_hot = OneHotEncoder(
        handle_unknown="infrequent_if_exist",
        min_frequency=_MIN_FREQUENCY,
        max_categories=max_categories,
        sparse_output=False,
    )
    categories = make_pipeline(SimpleImputer(strategy="most_frequent"), one_hot)
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    return make_pipeline(
        make_column_transformer((categories, is_text), (numbers, is_number)), model
    )


def filled(X_train, *tables):
    """Return tables with the training rows' medians and most frequent texts where values miss."""
    values = {
        name: column.median() if pd.api.types.is_numeric_dtype(column) else column.mode()[0]
        for name, column in X_train.items()
    }
    return [table.fillna(values) for table in (X_train, *tables)]


@dataclass(frozen=True)
class IntegerCoding:
    """The matrix that `lime` takes for a table: a category is its place among the categories.

    Attributes
    ----------
    categories : dict
        Column -> its sorted categories; ``None`` for a column of numbers.
    """

    categories: dict

    @classmethod
    def fit(cls, *tables):
        """Learn the categories of the text columns of all tables."""
        columns = pd.concat(tables)
        return cls(
            {
                name: None if pd.api.types.is_numeric_dtype(column) else np.unique(column)
                for name, column in columns.items()
            }
        )

    @property
    def categorical_features(self):
        """Return the places of the text columns."""
        known = enumerate(self.categories.values())
        return [place for place, categories in known if categories is not None]

    def encode(self, X):
        """Return a table as floats."""
        columns = [
            X[name] if categories is None else np.searchsorted(categories, X[name])
            for name, categories in self.categories.items()
        ]
        return np.column_stack(columns).astype(np.float64)

    def decode(self, codes):
        """Return the table of a matrix of codes, numbers as floats."""
        return pd.DataFrame(
            {
                name: column if categories is None else categories[column.astype(np.intp)]
                for (name, categories), column in zip(self.categories.items(), codes.T)
            }
        )
