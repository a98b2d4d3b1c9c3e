"""Files of explanations."""

import builtins
import os
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
import pytest
from sanitizer import Page
from shown import HOSTILE, batch_of, document_explanation, hand_made

SUFFIXES = [".html", ".png", ".svg", ".pdf", ".md", ".csv", ".json"]
OF_BATCHES = [".html", ".csv", ".json", ".xlsx", ".parquet"]


@pytest.fixture(params=SUFFIXES)
def suffix(request):
    """Each kind of file in turn."""
    return request.param


def test_the_suffix_says_what_is_written(tmp_path):
    explanation = hand_made()
    files = {s: explanation.save(tmp_path / f"file{s}").read_bytes() for s in SUFFIXES}
    assert files[".png"].startswith(b"\x89PNG")
    assert files[".pdf"].startswith(b"%PDF")
    assert files[".md"].startswith(b"## LIME explanation")
    assert ElementTree.fromstring(files[".svg"]).tag.endswith("svg")
    assert "+0.307" in Page(files[".html"].decode("utf-8")).text
    frame = pd.read_csv(tmp_path / "file.csv")
    wanted = explanation.to_frame().astype({"value": str})
    pd.testing.assert_frame_equal(frame.astype({"value": str}), wanted, check_dtype=False)


def test_json_comes_back_the_same(tmp_path):
    explanation = hand_made()
    path = explanation.save(tmp_path / "file.json")
    assert path.read_text(encoding="utf-8") == explanation.to_json()
    assert type(explanation).from_json(path).as_list() == explanation.as_list()


def test_capitals_in_the_suffix_do_not_matter(tmp_path):
    assert hand_made().save(tmp_path / "file.PNG").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("name", ["file.pkl", "file", ".html"])
def test_other_suffixes_are_refused_before_anything_is_written(name, tmp_path):
    with pytest.raises(ValueError, match=r"one of \.html, \.png, \.svg"):
        hand_made().save(tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_the_path_is_returned_and_may_be_a_text(suffix, tmp_path):
    path = f"{tmp_path}/file{suffix}"
    assert hand_made().save(path) == Path(path)


def test_the_same_explanation_gives_the_same_bytes(suffix, tmp_path):
    first = hand_made().save(tmp_path / f"a{suffix}").read_bytes()
    assert hand_made().save(tmp_path / f"b{suffix}").read_bytes() == first


def test_no_figure_is_left_open(suffix, tmp_path):
    before = plt.get_fignums()
    hand_made().save(tmp_path / f"file{suffix}")
    assert plt.get_fignums() == before


@pytest.mark.filterwarnings("ignore:Glyph .* missing from|No installed font")
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_any_name_can_be_saved(text, suffix, tmp_path):
    explanation = hand_made(
        ((0.3,), (-0.2,), (0.1,)),
        names=(text, f"{text} 2", "plain"),
        levels=(None, text, None),
        classes=(text, f"other {text}"),
        label=text,
    )
    path = explanation.save(tmp_path / f"file{suffix}")
    if suffix == ".svg":
        tags = {item.tag.split("}")[-1] for item in ElementTree.parse(path).iter()}
        assert not tags & {"script", "a", "image", "foreignObject"}
    if suffix == ".html":
        page = Page(path.read_text(encoding="utf-8"))
        assert "script" not in page.tags
        assert page.tags.count("title") == 1
        assert not page.problems


def test_a_document_is_saved(suffix, tmp_path):
    explanation = document_explanation("A good film", {"good": 0.2})
    assert explanation.save(tmp_path / f"file{suffix}").stat().st_size > 0


# Written whole or not at all


def test_an_error_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "file.html"
    path.write_text("old")

    def fail(*args):
        raise OSError("the disk is full")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="the disk is full"):
        hand_made().save(path)
    assert path.read_text() == "old"
    assert [item.name for item in tmp_path.iterdir()] == ["file.html"]


def test_texts_are_utf_8_whatever_the_locale(tmp_path, monkeypatch):
    opened = builtins.open
    monkeypatch.setattr(builtins, "open", lambda *a, **k: opened(*a, **{"encoding": "ascii"} | k))
    path = hand_made(names=("é", "名", "c", "d")).save(tmp_path / "file.html")
    assert "名" in path.read_bytes().decode("utf-8")


def saved_batch(suffix, tmp_path, batch):
    if suffix in (".xlsx", ".parquet"):
        pytest.importorskip({".xlsx": "openpyxl", ".parquet": "pyarrow"}[suffix])
    return batch.save(tmp_path / f"file{suffix}")


@pytest.mark.parametrize("suffix", OF_BATCHES)
def test_batches_are_saved_by_their_suffix(suffix, tmp_path):
    batch = hand_made().as_batch()
    path = saved_batch(suffix, tmp_path, batch)
    frame = batch.to_frame()
    if suffix == ".html":
        assert path.read_text("utf-8") == batch.to_html()
    elif suffix == ".json":
        assert type(batch).from_json(path) == batch
    else:
        read = {".csv": pd.read_csv, ".xlsx": pd.read_excel, ".parquet": pd.read_parquet}[suffix]
        found = read(path)
        assert found.columns.tolist() == frame.columns.tolist()
        assert found["weight"].tolist() == pytest.approx(frame["weight"].tolist())
        assert found["condition"].tolist() == frame["condition"].tolist()


def test_a_saved_report_compares_groups(tmp_path):
    batch, by = batch_of([hand_made(label=row, seed=row) for row in range(4)]), [1, 2, 1, 1]
    path = batch.save(tmp_path / "file.html", by=by)
    assert path.read_text("utf-8") == batch.to_html(by=by) != batch.to_html()


@pytest.mark.parametrize("suffix", [suffix for suffix in OF_BATCHES if suffix != ".html"])
def test_only_reports_compare_groups(suffix, tmp_path):
    with pytest.raises(ValueError, match=f"by= compares groups in a report.*{suffix}"):
        hand_made().as_batch().save(tmp_path / f"file{suffix}", by=[1])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["file.pkl", "file.png", "file"])
def test_batches_have_no_other_files(name, tmp_path):
    with pytest.raises(ValueError, match=r"one of \.html, \.csv, \.parquet, \.json, \.xlsx"):
        hand_made().as_batch().save(tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_html_without_a_path_is_a_text(tmp_path):
    explanation = hand_made()
    path = explanation.to_html(tmp_path / "page")
    assert path.read_text("utf-8") == explanation.to_html()
    assert explanation.to_html().startswith("<!doctype html>")
    assert explanation.as_batch().to_html().startswith("<!doctype html>")
