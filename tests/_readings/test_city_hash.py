"""The hash of levels, against that of CatBoost."""

import json

import numpy as np
import pandas as pd
import pytest

from sklime._readings._city_hash import city_hash


def test_the_empty_text_has_the_constant_of_the_definition():
    assert city_hash("") == 0x9AE16A3B2F90404F


def test_hashes_have_64_bits_and_differ():
    hashes = {city_hash("x" * size) for size in range(300)}
    assert len(hashes) == 300
    assert all(0 <= value < 2**64 for value in hashes)
    assert max(hashes) > 2**63


def test_texts_of_every_length_have_the_hash_of_catboost(tmp_path):
    catboost = pytest.importorskip("catboost")
    texts = [chr(97 + size % 26) * size + "\u00e9\u6f22"[size % 2] for size in range(200)]
    table = pd.DataFrame({"level": np.repeat(texts, 3)})
    # Each level has a target of its own, so that it gets a split of its own.
    model = catboost.CatBoostRegressor(
        iterations=400,
        depth=1,
        learning_rate=1.0,
        verbose=0,
        allow_writing_files=False,
        thread_count=1,
        one_hot_max_size=255,
        cat_features=["level"],
        border_count=10,
    )
    model.fit(table, np.repeat(2.0 ** (np.arange(200) % 50), 3))
    model.save_model(str(tmp_path / "model.json"), format="json")
    stored = json.loads((tmp_path / "model.json").read_text("utf-8"))
    (feature,) = stored["features_info"]["categorical_features"]
    expected = {value & 0xFFFFFFFF for value in feature["values"]}
    found = {city_hash(text) & 0xFFFFFFFF for text in texts}
    assert len(expected) > 20
    assert expected <= found
