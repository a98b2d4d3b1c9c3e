"""Reports on many rows: how long to write, and how quick in a browser?"""

import sys
import tempfile
from pathlib import Path
from time import perf_counter

from _common import (
    TheirExplainer,
    parse_arguments,
    print_environment,
    print_table,
    print_verdicts,
)

# isort: split
import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier

from sklime import LimeTabularExplainer, LimeTextExplainer

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from browser import Browser, chromium_path

# Seconds, milliseconds and kilobytes (of 1024 bytes), for reports of 1,000 rows.
WRITTEN, USABLE = 1.0, 1.0
FILTERED, SELECTED = 100.0, 50.0
BUDGET = 800
REQUIRED_ROWS = 1000

# Kilobytes and seconds, for very long documents.
CELL_BUDGET, CELL_WRITTEN = 300, 1.0
LONG_BUDGET, LONG_WRITTEN = 1024, 5.0
N_DOCUMENTS = 3

# Milliseconds from the change to the finished layout, best seen by the page itself.
TIMED = """
new Promise(done => {
  const start = performance.now();
  ACTION;
  document.body.offsetHeight;
  document.getElementById('card').offsetHeight;
  done(performance.now() - start);
})
"""
SEARCH = (
    "const q = document.getElementById('q'); q.value = 'QUERY'; q.dispatchEvent(new Event('input'))"
)
SORT = SEARCH.replace("'q'", "'sort'").replace("QUERY", "KEY")
SELECT = "document.querySelectorAll('#tb a')[PLACE].click()"
AT_REST = "new Promise(r => requestAnimationFrame(() => setTimeout(() => r(performance.now()))))"


def explained(n_rows):
    """Explain rows of breast cancer, ten features each; return the batch and the labels."""
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    y = np.where(y == 0, "malignant", "benign")
    model = RandomForestClassifier(n_estimators=20, random_state=0).fit(X, y)
    explainer = LimeTabularExplainer(
        model, method="sampling", n_perturbations=64, random_state=0
    ).fit(X)
    times = -(-n_rows // len(X))
    table = pd.concat([X] * times, ignore_index=True).head(n_rows)
    return explainer.explain(table), np.tile(y, times)[:n_rows], model, X


def in_browser(browser, path, n_repeats):
    """Return seconds until usable, and milliseconds to filter, sort and select: medians."""
    seen = {"usable": [], "filter": [], "sort": [], "select": []}
    for repeat in range(n_repeats):
        browser.open(path)
        seen["usable"].append(browser.run(AT_REST) / 1000)
        for query in ("concave", "malignant", ""):
            seen["filter"].append(
                browser.run(TIMED.replace("ACTION", SEARCH.replace("QUERY", query)))
            )
        for key in ("down", "fit", ""):
            seen["sort"].append(browser.run(TIMED.replace("ACTION", SORT.replace("KEY", key))))
        for place in (5, 50 + repeat, 0):
            action = SELECT.replace("PLACE", str(place))
            seen["select"].append(browser.run(TIMED.replace("ACTION", action)))
    return {what: float(np.median(times)) for what, times in seen.items()}


def measure(browser, folder, n_rows, n_repeats):
    """Write a report and use it; return a line of the table."""
    batch, y, *_ = explained(n_rows)
    path, seconds = folder / "report.html", []
    for _ in range(n_repeats):
        start = perf_counter()
        batch.to_html(path, y=y)
        seconds.append(perf_counter() - start)
    seen = in_browser(browser, path, n_repeats)
    return n_rows, path.stat().st_size / 1024, float(np.median(seconds)), *seen.values()


def one_of_theirs(folder):
    """Return the size of one explanation by `lime`, and the seconds to write and open it."""
    *_, model, X = explained(1)
    explainer = TheirExplainer(X.to_numpy(), mode="classification", random_state=0)
    explanation = explainer.explain_instance(
        X.to_numpy()[0], lambda rows: model.predict_proba(pd.DataFrame(rows, columns=X.columns))
    )
    path = folder / "lime.html"
    start = perf_counter()
    path.write_text(explanation.as_html(), encoding="utf-8")
    return path, perf_counter() - start


def verdicts(line):
    """Return what was required, the number, and whether it is reached."""
    n_rows, size, written, usable, filtered, _, selected = line
    return [
        (f"{n_rows} rows: at most {BUDGET} KB", f"{size:.0f} KB", size <= BUDGET),
        (f"{n_rows} rows: written below {WRITTEN} s", f"{written:.2f} s", written < WRITTEN),
        (f"{n_rows} rows: usable below {USABLE} s", f"{usable:.2f} s", usable < USABLE),
        (
            f"{n_rows} rows: filter below {FILTERED:.0f} ms",
            f"{filtered:.0f} ms",
            filtered < FILTERED,
        ),
        (
            f"{n_rows} rows: select below {SELECTED:.0f} ms",
            f"{selected:.0f} ms",
            selected < SELECTED,
        ),
    ]


def long_batch(n_words, max_features):
    """Explain documents of many different words, by a fast model."""

    def model(texts):
        return np.array([3.0 * ("w7 " in text) - ("w50000 " in text) for text in texts])

    texts = [
        " ".join(f"w{first + word}" for word in range(n_words)) for first in range(N_DOCUMENTS)
    ]
    explainer = LimeTextExplainer(
        model, n_perturbations=64, max_features=max_features, random_state=0
    )
    return explainer.fit(texts[:1]).explain(texts)


def measure_long(folder, batch, n_repeats):
    """Return KB and median seconds of each output of a batch of documents, by its name."""
    path = folder / "long.html"

    def report():
        batch.to_html(path)
        return path.read_text(encoding="utf-8")

    first = batch[0]
    outputs = {
        "cell": first._repr_html_,
        "print": first.__repr__,
        "cell of the batch": batch._repr_html_,
        "report": report,
    }
    measured = {}
    for name, write in outputs.items():
        seconds = []
        for _ in range(n_repeats):
            start = perf_counter()
            text = write()
            seconds.append(perf_counter() - start)
        measured[name] = len(text.encode()) / 1024, float(np.median(seconds))
    return measured


def run_long(folder, n_words, n_repeats):
    """Print size and time of what is shown of very long documents."""
    lines, checks = [], []
    for max_features in (10, None):
        measured = measure_long(folder, long_batch(n_words, max_features), n_repeats)
        weights = max_features or "all"
        lines += [(weights, name, *numbers) for name, numbers in measured.items()]
        limits = {"cell": (CELL_BUDGET, CELL_WRITTEN), "report": (LONG_BUDGET, LONG_WRITTEN)}
        for name, (budget, written) in limits.items():
            size, seconds = measured[name]
            what = f"{name}, {weights} weights"
            checks += [
                (f"{what}: below {budget} KB", f"{size:.0f} KB", size < budget),
                (f"{what}: written below {written} s", f"{seconds:.2f} s", seconds < written),
            ]
    title = f"{N_DOCUMENTS} documents of {n_words:,d} words; medians of {n_repeats} runs"
    print_table(title, ("weights", "output", "KB", "written, s"), lines)
    print_verdicts(checks)


def main():
    """Write reports, open them in headless Chromium, search, sort and select."""
    arguments = parse_arguments(
        __doc__,
        {"most_rows": 10_000, "repeats": 5, "long": False, "words": 100_000},
        {"most_rows": 1000, "repeats": 2},
    )
    print_environment()
    if arguments.long:
        with tempfile.TemporaryDirectory() as name:
            run_long(Path(name), arguments.words, arguments.repeats)
        return
    if chromium_path() is None:
        raise SystemExit("Chromium is not installed; its path may stand in SKLIME_CHROMIUM.")
    with tempfile.TemporaryDirectory() as name, Browser(timeout=60.0) as browser:
        folder = Path(name)
        browser.resize(1280)
        sizes = [
            n for n in (300, REQUIRED_ROWS, 10_000) if n <= max(arguments.most_rows, REQUIRED_ROWS)
        ]
        lines = [measure(browser, folder, n, arguments.repeats) for n in sizes]
        path, seconds = one_of_theirs(folder)
        browser.open(path)
        usable = browser.run(AT_REST) / 1000
        theirs = ("lime, 1 row", path.stat().st_size / 1024, seconds, usable, "", "", "")
    print_table(
        f"Reports on breast cancer, ten features a row; medians of {arguments.repeats} runs",
        ("rows", "KB", "written, s", "usable, s", "filter, ms", "sort, ms", "select, ms"),
        [*lines, theirs],
    )
    print_verdicts(verdicts(next(line for line in lines if line[0] == REQUIRED_ROWS)))


if __name__ == "__main__":
    main()
