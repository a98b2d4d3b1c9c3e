"""Should the share of kept segments depend on the picture: keep="auto"?

The rule on trial: 32 pilot copies keep segments with probability 0.9. If the answers hardly vary,
the model is saturated there, and keep is 0.75; else it is 0.9. Each photo is judged at both:
insertion minus deletion over f(x), correlation of predicted and true drops, and fidelity.
"""

from _common import parse_arguments, print_environment, print_table, print_verdicts

# isort: split
import numpy as np
from _pictures import Network, explainer_of, photos
from image_truth import drops, truth

KEEPS = (0.5, 0.75, 0.9)
N_PILOTS = 32

# Pilot answers vary hardly if their deviation is below this share of f(x).
LEAST_SPREAD = 0.05


def spread_of_pilots(network, pictures, photo, seed):
    """Return the deviation of the answers to pilot copies over f(x)."""
    target, answers = int(network(photo[None])[0].argmax()), []

    def model(copies):
        answers.extend(network(copies)[:, target])
        return np.array(answers[-len(copies) :])

    explainer = explainer_of(model, pictures, N_PILOTS, seed, keep=0.9)
    answers.clear()
    explainer.explain(photo[None])
    return np.std(answers[1:]) / answers[0]


def measure(network, pictures, photo, calls, seeds):
    """Return figures of a photo, seed by seed: the spread of pilots, then three for each keep."""
    lines = []
    for seed in seeds:
        figures = [spread_of_pilots(network, pictures, photo, seed)]
        for keep in KEEPS:
            explainer = explainer_of(network, pictures, calls, seed, keep=keep)
            one = explainer.explain(photo[None])[0]
            found = drops(network, one, explainer.mean_color_, seed).values()
            correlation = np.mean([np.corrcoef(*pair)[0, 1] for pair in found])
            figures += [
                truth(network, photo, one.segments, one.values[:, 0]),
                correlation,
                one.fidelity[0],
            ]
        lines.append(figures)
    return np.mean(lines, axis=0)


def main():
    """Judge three probabilities and the rule, photo by photo."""
    arguments = parse_arguments(
        __doc__.partition("\n")[0], {"seeds": 2, "calls": 256}, {"seeds": 1, "calls": 64}
    )
    print_environment()
    network, squares = Network(n_threads=2), photos()
    pictures = np.stack(list(squares.values()))
    seeds = range(arguments.seeds)
    found = {
        name: measure(network, pictures, photo, arguments.calls, seeds)
        for name, photo in squares.items()
    }
    header = [
        "photo",
        "spread",
        *(f"{what} {keep}" for keep in KEEPS for what in ("I-D", "r", "R2")),
    ]
    figures = np.stack(list(found.values()))
    lines = [(name, *line) for name, line in found.items()]
    print_table(
        f"I-D: insertion minus deletion over f(x); r: correlation of drops; R2: fidelity, at "
        f"{arguments.calls} calls",
        header,
        [*lines, ("mean", *figures.mean(axis=0))],
    )
    is_varied = figures[:, 0] >= LEAST_SPREAD
    at_three_quarters, of_rule = (
        [column, np.where(is_varied, other, column)]
        for column, other in ((figures[:, 4], figures[:, 7]), (figures[:, 5], figures[:, 8]))
    )
    print_verdicts(
        [
            (
                'truth of keep="auto" beside that of 0.75',
                f"{at_three_quarters[1].mean():.2f} and {at_three_quarters[0].mean():.2f}",
                at_three_quarters[1].mean() > at_three_quarters[0].mean(),
            ),
            (
                'correlation of drops of keep="auto" beside that of 0.75',
                f"{of_rule[1].mean():.2f} and {of_rule[0].mean():.2f}",
                of_rule[1].mean() > of_rule[0].mean(),
            ),
        ]
    )


if __name__ == "__main__":
    main()
