"""How many of the words that a model truly used are among the ten strongest?"""

from _common import parse_arguments, print_environment, print_table, print_verdicts

# isort: split
import numpy as np
from _texts import TOKEN_PATTERN, explain_with_lime, explainer_of, model, posts

N_STRONGEST = 10
CALLS = (5000, 500)


def used_words(name, document):
    """Return the words of a document that a sparse linear model or a tree truly used."""
    pipeline = model(name)
    vectorizer, classifier = pipeline[0], pipeline[-1]
    row = vectorizer.transform([document])
    if name == "decision tree":
        nodes = classifier.decision_path(row).indices
        asked = set(classifier.tree_.feature[nodes].tolist())
    else:
        asked = set(np.flatnonzero(classifier.coef_[0]).tolist())
    present = set(row.indices.tolist())
    return set(vectorizer.get_feature_names_out()[sorted(asked & present)])


def words_of_lime(name, document, seed, calls):
    """Return the strongest words by `lime`."""
    run = explain_with_lime(model(name).predict_proba, document, seed, N_STRONGEST, calls)
    return set(run.weights)


def words_of_sklime(name, document, seed, calls):
    """Return the strongest words by sklime."""
    explainer = explainer_of(
        model(name), n_perturbations=calls, max_features=N_STRONGEST, random_state=seed
    )
    return {word for word, _ in explainer.fit([document]).explain([document])[0].as_list()}


def share_found(name, documents, explain, calls):
    """Return the mean share of used words found; of more than ten, ten can be found."""
    shares = []
    for seed, document in enumerate(documents):
        used = used_words(name, document)
        if used:
            found = len(used & explain(name, document, seed, calls))
            shares.append(found / min(len(used), N_STRONGEST))
    return float(np.mean(shares))


def main():
    """Compare recall of truly used words, sklime against lime, at the same and a tenth."""
    arguments = parse_arguments(__doc__, {"documents": 200}, {"documents": 4})
    print_environment()
    print(f"words are {TOKEN_PATTERN}")
    documents = posts("test").data[: arguments.documents]
    lines, verdicts = [], []
    for name in ("sparse logistic regression", "decision tree"):
        shares = {
            explain: [share_found(name, documents, explain, calls) for calls in CALLS]
            for explain in (words_of_lime, words_of_sklime)
        }
        lines.append((name, *shares[words_of_lime], *shares[words_of_sklime]))
        for calls, theirs, ours in zip(CALLS, *shares.values()):
            what = f"{name}: words found with {calls} calls, no fewer than lime's {theirs:.3f}"
            verdicts.append((what, f"{ours:.3f}", ours >= theirs))
    print_table(
        f"Share of truly used words among the {N_STRONGEST} strongest, {arguments.documents} posts",
        ("model", *(f"{who} at {calls}" for who in ("lime", "sklime") for calls in CALLS)),
        lines,
    )
    print_verdicts(verdicts)


if __name__ == "__main__":
    main()
