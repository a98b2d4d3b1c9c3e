"""scikit-learn's own checks, around each kind of model and in each neighborhood."""

import pytest
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeRegressor
from sklearn.utils import estimator_checks, get_tags
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklime import LimeImageExplainer, LimeTabularExplainer, LimeTextExplainer

EXPLAINERS = [
    LimeTabularExplainer(estimator, neighborhood=neighborhood, n_perturbations=64, random_state=0)
    for estimator in [LogisticRegression(), Ridge(), DecisionTreeRegressor(random_state=0)]
    for neighborhood in ["anchored", "shared", "around"]
]
EXPLAINERS.append(
    LimeTabularExplainer(
        LogisticRegression(), n_perturbations="auto", max_perturbations=256, tol=10, random_state=0
    )
)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@parametrize_with_checks(EXPLAINERS)
def test_explainer_passes_the_checks_of_scikit_learn(estimator, check):
    check(estimator)


# All other checks of scikit-learn make tables of numbers, which are no texts.
TEXT_CHECKS = [
    estimator_checks.check_estimator_cloneable,
    estimator_checks.check_estimator_repr,
    estimator_checks.check_estimator_tags_renamed,
    estimator_checks.check_estimators_unfitted,
    estimator_checks.check_get_params_invariance,
    estimator_checks.check_no_attributes_set_in_init,
    estimator_checks.check_set_params,
    estimator_checks.check_valid_tag_types,
]


@pytest.mark.parametrize("check", TEXT_CHECKS)
def test_explainer_of_texts_passes_the_checks_that_need_no_table(check):
    model = make_pipeline(CountVectorizer(), LogisticRegression())
    check("LimeTextExplainer", LimeTextExplainer(model, random_state=0))


def test_tags_of_an_explainer_of_texts():
    tags = get_tags(LimeTextExplainer(make_pipeline(CountVectorizer(), LogisticRegression())))
    assert tags.input_tags.string
    assert not tags.input_tags.two_d_array
    assert not get_tags(LimeTextExplainer(len)).target_tags.required


# On rows of pixels an explainer of pictures is an ordinary transformer. The checks make tables of
# any width, and each is a picture of one row.
IMAGE_EXPLAINERS = [
    LimeImageExplainer(
        estimator, image_shape=(1, -1), segmenter="grid", n_perturbations=64, random_state=0
    )
    for estimator in [LogisticRegression(), Ridge()]
]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.filterwarnings("ignore:The fill equals all segments")
@parametrize_with_checks(IMAGE_EXPLAINERS)
def test_explainer_of_pictures_passes_the_checks_of_scikit_learn(estimator, check):
    check(estimator)


def test_tags_of_an_explainer_of_pictures():
    tags = get_tags(LimeImageExplainer(len))
    assert tags.input_tags.three_d_array
    assert not tags.input_tags.two_d_array
    assert get_tags(LimeImageExplainer(len, image_shape=(8, 8))).input_tags.two_d_array


@pytest.mark.parametrize("check", TEXT_CHECKS)
def test_explainer_of_arrays_of_pictures_passes_the_checks_that_need_no_table(check):
    check("LimeImageExplainer", LimeImageExplainer(Ridge(), random_state=0))
