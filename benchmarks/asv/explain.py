"""Time, memory and model calls of fitting and explaining, neighborhood by neighborhood."""

import numpy as np
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression

from sklime import LimeTabularExplainer, LimeTextExplainer

N_ROWS = 50


class Explaining:
    """Explain rows of a numeric table; the model is cheap, so that the time is sklime's."""

    params = (["anchored", "shared", "around"], [10, 100], [5, 10, None])
    param_names = ("neighborhood", "n_features", "max_features")

    def setup(self, neighborhood, n_features, max_features):
        self.X, y = make_classification(
            n_samples=1000, n_features=n_features, n_informative=5, random_state=0
        )
        self.model = LogisticRegression(max_iter=1000).fit(self.X, y)
        self.explainer = LimeTabularExplainer(
            self.model,
            method="sampling",
            neighborhood=neighborhood,
            max_features=max_features,
            random_state=0,
        ).fit(self.X)

    def time_fit(self, neighborhood, n_features, max_features):
        self.explainer.fit(self.X)

    def time_transform(self, neighborhood, n_features, max_features):
        self.explainer.transform(self.X[:N_ROWS])

    def time_explain(self, neighborhood, n_features, max_features):
        self.explainer.explain(self.X[:N_ROWS])

    def peakmem_explain(self, neighborhood, n_features, max_features):
        self.explainer.explain(self.X[:N_ROWS])


class ExplainingTexts:
    """Explain documents; the model counts letters, so that the time is sklime's."""

    params = ([20, 200], [True, False])
    param_names = ("n_words", "control_variates")

    def setup(self, n_words, control_variates):
        words = np.random.default_rng(0).integers(5000, size=(5, n_words))
        self.documents = [" ".join(f"w{word}" for word in row) for row in words]
        self.explainer = LimeTextExplainer(
            lambda texts: [text.count("1") for text in texts],
            control_variates=control_variates,
            random_state=0,
        ).fit(self.documents)

    def time_explain(self, n_words, control_variates):
        self.explainer.explain(self.documents)

    def peakmem_explain(self, n_words, control_variates):
        self.explainer.explain(self.documents)


class Asking:
    """Rows that the model is asked about for one explained row."""

    params = (["anchored", "shared", "around"],)
    param_names = ("neighborhood",)
    unit = "rows"

    def track_rows_asked(self, neighborhood):
        asked = []

        def model(table):
            asked.append(len(table))
            return table[:, 0]

        X = np.random.default_rng(0).normal(size=(500, 5))
        explainer = LimeTabularExplainer(
            model, method="sampling", neighborhood=neighborhood, random_state=0
        )
        explainer.fit(X).transform(X[:N_ROWS])
        return sum(asked) / N_ROWS


class Import:
    """Importing the package, in a process of its own."""

    def timeraw_import(self):
        return "import sklime"
