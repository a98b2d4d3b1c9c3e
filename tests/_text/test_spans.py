"""Spans from a user's function or pattern."""

import numpy as np
import pytest
from documents import REVIEWS

from sklime import LimeTextExplainer


@pytest.mark.parametrize("found", [None, 3, [None], [(True, False)], "ab", np.array(3), [{0, 1}]])
def test_analyzer_that_returns_no_spans_is_an_error_in_fit(found, review_model):
    with pytest.raises(ValueError, match=r"analyzer must return \(start, end\) pairs"):
        LimeTextExplainer(review_model, analyzer=lambda text: found).fit(REVIEWS)


def test_pattern_that_takes_a_character_twice_is_an_error_in_fit(review_model):
    with pytest.raises(ValueError, match="takes overlapping spans"):
        LimeTextExplainer(review_model, token_pattern=r"(?=(\w+))\w").fit(REVIEWS)
