"""Do weights of segments tell what a picture loses without them, beside `lime_image`?

Truth: insertion minus deletion over f(x), by two judges whose fills no explainer has used.
`lime_image` cuts the same photo in other segments if its pixels are floats from 0 to 1, floats from
0 to 255 or bytes; it gets each photo in these three scales. Segments of sklime do not change.
Prediction: correlation of predicted and true drops when some segments are removed at once, which
the explainer has not seen, and the gap between surrogate and model at the photo.
"""

from _common import parse_arguments, print_environment, print_table, print_verdicts

# isort: split
import numpy as np
from _pictures import (
    Network,
    explain_with_lime,
    explainer_of,
    insertion_minus_deletion,
    judges,
    photos,
)

# How a photo comes to `lime_image`: its type and the number that stands for white.
SCALES = {"0 to 1": (np.float64, 1), "0 to 255": (np.float64, 255), "bytes": (np.uint8, 255)}

N_REMOVED = (1, 2, 4)
N_DROPS = 40


def truth(network, photo, segments, weights):
    """Return insertion minus deletion, as the mean over the judges."""
    return np.mean(
        [
            insertion_minus_deletion(network, photo, segments, weights, filled)
            for filled in judges(photo).values()
        ]
    )


def truth_of_lime(network, photo, arguments, dtype, white):
    """Return the truth of `lime_image`, as the mean over seeds, for a photo in a scale."""

    def scaled_network(pictures):
        return network(np.asarray(pictures) / white)

    scaled = (photo * white).round().astype(dtype) if white > 1 else photo
    calls, seeds = arguments.calls_of_lime, range(arguments.seeds)
    runs = [explain_with_lime(scaled_network, scaled, calls, seed) for seed in seeds]
    return np.mean([truth(network, photo, *run) for run in runs])


def drops(network, one, color, seed):
    """Return predicted and true drops of the predicted class, by the number of segments."""
    random = np.random.default_rng(seed)
    labels, target = one.segment_labels, int(one.internals.output_index[0])
    found = {}
    for n_removed in N_REMOVED:
        chosen = [random.choice(len(labels), n_removed, replace=False) for _ in range(N_DROPS)]
        copies = np.stack([one.image] * N_DROPS)
        for copy, parts in zip(copies, chosen, strict=True):
            copy[np.isin(one.segments, labels[parts])] = color
        true = one.predictions[0] - network(copies)[:, target]
        found[n_removed] = [one.values[parts, 0].sum() for parts in chosen], true
    return found


def measure(network, name, photo, pictures, arguments):
    """Return one line of figures for a photo."""
    of_sklime, correlations, gaps = [], [], []
    for seed in range(arguments.seeds):
        explainer = explainer_of(network, pictures, arguments.calls, seed)
        one = explainer.explain(photo[None])[0]
        of_sklime.append(truth(network, photo, one.segments, one.values[:, 0]))
        found = drops(network, one, explainer.mean_color_, seed).values()
        correlations.append(np.mean([np.corrcoef(*pair)[0, 1] for pair in found]))
        gaps.append(abs(one.local_predictions[0] - one.predictions[0]))
    of_lime = [truth_of_lime(network, photo, arguments, *scale) for scale in SCALES.values()]
    figures = of_sklime, *of_lime, correlations, gaps
    return name, float(network(photo[None]).max()), *map(np.mean, figures)


def main():
    """Compare with `lime_image` at its default, photo by photo."""
    arguments = parse_arguments(
        __doc__.partition("\n")[0],
        {"seeds": 2, "calls": 256, "calls_of_lime": 1000},
        {"seeds": 1, "calls_of_lime": 100},
    )
    print_environment()
    network, squares = Network(n_threads=2), photos()
    pictures = np.stack(list(squares.values()))
    lines = [measure(network, name, photo, pictures, arguments) for name, photo in squares.items()]
    means = np.array([line[1:] for line in lines]).mean(axis=0)
    print_table(
        f"insertion minus deletion over f(x) at {arguments.calls} calls, lime_image at "
        f"{arguments.calls_of_lime}",
        (
            "photo",
            "f(x)",
            "sklime",
            *(f"lime_image, {scale}" for scale in SCALES),
            "correlation of drops",
            "gap at the photo",
        ),
        [*lines, ("mean", *means)],
    )
    of_sklime = [line[2] for line in lines]
    _, ours, *theirs, correlation, gap = means
    print_verdicts(
        [
            *(
                (
                    f"truth over that of lime_image on {scale}, at least 2",
                    f"{ours / of_scale:.2f}",
                    ours >= 2 * of_scale,
                )
                for scale, of_scale in zip(SCALES, theirs, strict=True)
            ),
            ("least truth of a photo, at least .4", f"{min(of_sklime):.2f}", min(of_sklime) >= 0.4),
            ("correlation of drops, at least .6", f"{correlation:.2f}", correlation >= 0.6),
            ("gap at the photo, at most .1", f"{gap:.3f}", gap <= 0.1),
        ]
    )


if __name__ == "__main__":
    main()
