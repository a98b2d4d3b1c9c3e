"""How long do explanations of texts take, against lime at the same accuracy?"""

from _common import (
    TimedFunction,
    geometric_mean,
    parse_arguments,
    print_environment,
    print_table,
    print_verdicts,
)

# isort: split
import threading
from pathlib import Path
from time import perf_counter, sleep

from _texts import TOKEN_PATTERN, explain_with_lime, explainer_of, model, posts

from sklime import LimeTextExplainer

# Calls with which weights are as accurate as lime's at 5000: see text_accuracy.py.
CALLS = {"logistic regression": 512, "forest": 4096}
REQUIRED = {"logistic regression": 10.0, "forest": 5.0}
MAX_FEATURES = (6, 10)
MEMORY_LIMIT = 500.0


def seconds_of_sklime(estimator, document, max_features, calls, repeats):
    """Return the shortest time of an explanation, fit and all."""
    times = []
    for seed in range(repeats):
        start = perf_counter()
        explainer = explainer_of(
            estimator, n_perturbations=calls, max_features=max_features, random_state=seed
        )
        explainer.fit([document]).explain([document])
        times.append(perf_counter() - start)
    return min(times)


def measure(name, documents, max_features, repeats):
    """Return seconds of lime and of sklime on each document, taking turns."""
    estimator = model(name)
    found = []
    for document in documents:
        theirs = min(
            explain_with_lime(estimator.predict_proba, document, seed, max_features).seconds
            for seed in range(repeats)
        )
        ours = seconds_of_sklime(estimator, document, max_features, CALLS[name], repeats)
        found.append((theirs, ours))
    return found


def outside_the_model(name, documents):
    """Return milliseconds an explanation outside the model: by strings, 1024 copies."""
    timed = TimedFunction(model(name).predict_proba)
    explainer = LimeTextExplainer(timed, token_pattern=TOKEN_PATTERN, target=1, random_state=0)
    explainer.fit(documents[:1])
    timed.seconds = 0.0
    start = perf_counter()
    explainer.explain(documents)
    return 1000 * (perf_counter() - start - timed.seconds) / len(documents)


def resident():
    """Return the resident memory of this process in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 2**20


def peak_memory(n_words, n_perturbations):
    """Return by how many MB memory rises while a very long document is explained."""
    document = " ".join(f"word{place}" for place in range(n_words))
    explainer = LimeTextExplainer(
        lambda texts: [len(text) for text in texts],
        n_perturbations=n_perturbations,
        random_state=0,
    ).fit(["a"])
    start, peak, is_done = resident(), [0.0], threading.Event()

    def watch():
        while not is_done.is_set():
            peak[0] = max(peak[0], resident() - start)
            sleep(0.005)

    watcher = threading.Thread(target=watch)
    watcher.start()
    explainer.explain([document])
    is_done.set()
    watcher.join()
    return peak[0]


def main():
    """Time both packages on the same posts; watch memory on a long document."""
    arguments = parse_arguments(
        __doc__,
        {"documents": 5, "repeats": 2, "long_words": 20_000},
        {"documents": 2, "repeats": 1, "long_words": 3000},
    )
    print_environment()
    documents = posts("test").data[: arguments.documents]
    lines, verdicts = [], []
    for name, calls in CALLS.items():
        for max_features in MAX_FEATURES:
            found = measure(name, documents, max_features, arguments.repeats)
            theirs, ours = (geometric_mean(times) for times in zip(*found))
            lines.append((name, max_features, calls, theirs, ours, theirs / ours))
            what = f"{name}, {max_features} words: times as fast as lime"
            verdicts.append((what, f"{theirs / ours:.1f}", theirs / ours >= REQUIRED[name]))
    print_table(
        f"Seconds an explanation, geometric mean over {arguments.documents} posts",
        ("model", "words kept", "calls", "lime at 5000", "sklime", "ratio"),
        lines,
    )
    outside = outside_the_model("logistic regression", documents)
    print(f"outside the model, 1024 copies as strings: {outside:.0f} ms an explanation")
    rises = {n: peak_memory(arguments.long_words, n) for n in (1024, 4096)}
    for n_perturbations, rise in rises.items():
        what = f"{arguments.long_words} words, {n_perturbations} copies: MB above start"
        verdicts.append((what, f"{rise:.0f}", rise < MEMORY_LIMIT))
    print_verdicts(verdicts)


if __name__ == "__main__":
    main()
