"""Memory of large calls: how much `transform` and `explain` hold above what they return.

The asked figure: `transform` of 1,000,000 rows of 30 columns peaks at no more than 1.3 times its
result plus 150 MB. `explain` states the bytes of a row.
"""

import argparse
import os
import sys
import threading
import time

import numpy as np
from sklearn.linear_model import LogisticRegression

from sklime import LimeTabularExplainer

N_FEATURES = 30
MEGABYTE = 1e6


def resident():
    """Memory of this process, in bytes."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def peak_of(action):
    """Return what an action returns, and the largest memory above the start, in megabytes."""
    start, largest, is_over = resident(), [0], threading.Event()

    def watch():
        while not is_over.is_set():
            largest[0] = max(largest[0], resident())
            time.sleep(0.002)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        result = action()
    finally:
        is_over.set()
        watcher.join()
    return result, (largest[0] - start) / MEGABYTE


def kept_bytes(batch):
    """Bytes of all arrays of a batch; an array with two names counts once."""
    arrays, holders = {}, [batch, batch.internals, batch.internals.fit]
    for holder in holders:
        for value in vars(holder).values():
            if isinstance(value, np.ndarray):
                arrays[value.__array_interface__["data"][0], value.shape] = value.nbytes
    return sum(arrays.values())


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--explained", type=int, default=20_000)
    parser.add_argument("--quick", action="store_true", help="a small run")
    parser.add_argument("--frame", action="store_true", help="explain a DataFrame")
    options = parser.parse_args()
    if options.quick:
        options.rows, options.explained = 40_000, 2_000
    if not sys.platform.startswith("linux"):
        raise SystemExit("This benchmark reads /proc, which only Linux has.")
    rng = np.random.default_rng(0)
    X = rng.normal(size=(options.rows, N_FEATURES))
    y = X[:2000] @ rng.normal(size=N_FEATURES) > 0.0
    if options.frame:
        import pandas as pd

        X = pd.DataFrame(X, columns=[f"x{index}" for index in range(N_FEATURES)])
    model = LogisticRegression().fit(X[:2000], y)
    explainer = LimeTabularExplainer(
        model, method="sampling", n_perturbations=64, random_state=0
    ).fit(X[:2000])
    explainer.transform(X[:2000])
    weights, peak = peak_of(lambda: explainer.transform(X))
    result = weights.nbytes / MEGABYTE
    limit = 1.3 * result + 150.0
    verdict = "reached" if peak <= limit else "NOT REACHED"
    print(f"transform of {options.rows:,} rows: result {result:.0f} MB, peak {peak:.0f} MB")
    print(f"  asked: at most {limit:.0f} MB ({verdict})")
    batch = explainer.explain(X[: options.explained])
    per_row = kept_bytes(batch) / len(batch)
    print(f"explain of {options.explained:,} rows: {per_row / 1e3:.2f} KB per row are kept")
    fit = batch.internals.fit
    print(f"  weights without each replicate: {fit.left_out_values.dtype}")


if __name__ == "__main__":
    main()
