"""Responses of models to pictures."""

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from sklime._images._codec import read_pictures, read_rows
from sklime._images._response import ImageResponse

X = np.random.default_rng(0).random((6, 4, 4))


def response(codec, model, method=None, batch_size=None):
    return ImageResponse(model, method, "identity", codec, batch_size)


def test_calls_are_bounded_in_bytes_and_in_pictures(monkeypatch):
    pictures = read_pictures(X, "auto")
    one = response(pictures.codec, None)
    assert [len(block) for block in one.blocks(pictures.arrays)] == [6]
    monkeypatch.setattr("sklime._images._response._CALL_BYTES", 2 * X[0].nbytes)
    assert [len(block) for block in one.blocks(pictures.arrays)] == [2, 2, 2]
    assert [len(block) for block in one.blocks(np.stack(pictures.arrays))] == [2, 2, 2]
    four = response(pictures.codec, None, batch_size=4)
    assert [len(block) for block in four.blocks(pictures.arrays)] == [4, 2]


def test_a_model_of_a_frame_gets_its_names():
    frame = pd.DataFrame(X.reshape(6, -1), columns=[f"p{index}" for index in range(16)])
    model = LogisticRegression().fit(frame, [0, 1] * 3)
    for rows in (frame, frame.to_numpy()):
        pictures = read_rows(rows, (4, 4), "auto")
        asked, _ = response(pictures.codec, model, "predict_proba").learned(pictures.arrays)
        # Warnings are errors here: scikit-learn would warn of names that come and go.
        np.testing.assert_allclose(asked(pictures.arrays), model.predict_proba(frame))
        assert asked.table(np.stack(pictures.arrays)).shape == (6, 16)
