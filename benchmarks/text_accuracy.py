"""How many model calls do weights of texts take to be as accurate as lime's at 5000?

With --opaque sklime gets a function of strings, and not the pipeline that it could look into.
"""

from _common import geometric_mean, parse_arguments, print_environment, print_table, print_verdicts

# isort: split
import numpy as np
from _texts import (
    N_OF_LIME,
    expected_weights,
    explain_with_lime,
    explainer_of,
    model,
    posts,
    root_mean_square,
    weights_of,
)

CALLS = (128, 256, 512, 1024, 2048, 4096)
REQUIRED = {"logistic regression": 512, "network": 1024, "forest": 4096}
N_REFERENCE = 50_000

# Variates make worse what is worse by so many standard errors.
N_DEVIATIONS = 3.0


def errors_of_lime(predict_proba, document, expected, n_seeds):
    """Return the root mean square error of `lime`, over words and seeds."""
    runs = [
        explain_with_lime(predict_proba, document, seed, len(expected)).weights
        for seed in range(n_seeds)
    ]
    return root_mean_square(
        [[run.get(word, 0.0) - expected[word] for word in expected] for run in runs]
    )


def errors_of_sklime(estimator, document, expected, n_seeds, calls, **options):
    """Return the root mean square error of sklime over words, seed by seed."""
    differences = []
    for seed in range(n_seeds):
        explainer = explainer_of(
            estimator, n_perturbations=calls, max_features=None, random_state=seed, **options
        )
        weights = weights_of(explainer.fit([document]).explain([document])[0])
        differences.append([weights[word] - expected[word] for word in expected])
    return np.sqrt(np.mean(np.square(differences), axis=1))


def is_worse(ratios, calls):
    """Tell whether variates add to the mean square error by more than chance, seed by seed."""
    added = ratios[calls, True] ** 2 - ratios[calls, False] ** 2
    return added.mean() > N_DEVIATIONS * added.std(ddof=1) / np.sqrt(added.size)


def measure(name, documents, arguments):
    """Return, for each document, its number of words and error ratios at each number of calls.

    The ratios are one a seed.
    """
    estimator = model(name)
    asked = estimator.predict_proba if arguments.opaque else estimator
    found = []
    for document in documents:
        expected = expected_weights(
            estimator, document, arguments.reference_seeds, arguments.reference
        )
        of_lime = errors_of_lime(estimator.predict_proba, document, expected, arguments.seeds)
        ratios = {
            (calls, has_variates): errors_of_sklime(
                asked,
                document,
                expected,
                arguments.seeds,
                calls,
                control_variates=has_variates,
            )
            / of_lime
            for calls in CALLS
            for has_variates in (True, False)
        }
        found.append((len(expected), ratios))
    return found


def main():
    """Compare errors of sklime with those of lime at its default, model by model."""
    arguments = parse_arguments(
        __doc__.partition("\n")[0],
        {
            "documents": 3,
            "seeds": 6,
            "reference": N_REFERENCE,
            "reference_seeds": 20,
            "models": ",".join(REQUIRED),
            "opaque": False,
        },
        {"documents": 1, "seeds": 2, "reference": 5000, "reference_seeds": 2},
    )
    print_environment()
    documents = posts("test").data[: arguments.documents]
    verdicts = []
    for name in arguments.models.split(","):
        found = measure(name, documents, arguments)
        lines = [
            (f"{n_words} words", *(root_mean_square(ratios[calls, True]) for calls in CALLS))
            for n_words, ratios in found
        ]
        for has_variates in (True, False):
            pooled = [
                root_mean_square([ratios[calls, has_variates] for _, ratios in found])
                for calls in CALLS
            ]
            lines.append((f"all, {'with' if has_variates else 'without'} variates", *pooled))
            if has_variates:
                enough = [calls for calls, ratio in zip(CALLS, pooled) if ratio <= 1.0]
        print_table(
            f"{name}: root mean square error of the weights over that of lime at {N_OF_LIME}, "
            "by model calls",
            ("document", *CALLS),
            lines,
        )
        cases = [(ratios, calls) for _, ratios in found for calls in CALLS]
        gains = [
            (root_mean_square(ratios[calls, False]) / root_mean_square(ratios[calls, True])) ** 2
            for ratios, calls in cases
        ]
        print(
            f"variates divide the mean square error by {geometric_mean(gains):.1f}, "
            f"least {min(gains):.2f} of {len(gains)} documents and numbers of calls"
        )
        needed = enough[0] if enough else np.inf
        what = f"{name}: as accurate as lime at {N_OF_LIME} with at most {REQUIRED.get(name)} calls"
        verdicts.append((what, needed, needed <= REQUIRED.get(name, np.inf)))
        n_worse = sum(is_worse(ratios, calls) for ratios, calls in cases)
        what = f"{name}: documents and numbers of calls where variates make weights worse"
        verdicts.append((what, f"{n_worse} of {len(cases)}", n_worse == 0))
    print_verdicts(verdicts)


if __name__ == "__main__":
    main()
