"""Explanations as text: any stream takes them, whatever the names."""

import io
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from exact_rows import as_exact
from shown import HOSTILE, batch_of, document_explanation, hand_made

import sklime
from sklime import LimeTabularExplainer
from sklime.display._plain import printable

ENCODINGS = ["ascii", "cp1252", "gbk", "cp437", "latin-1", "shift_jis", "utf-8", "utf-16"]
ROOT = Path(sklime.__file__).parent.parent

STREAMS = ["ascii", "cp1252", "gbk", "utf-8"]
END = "\n<<<end>>>\n"

# What a script prints that gets names from elsewhere, once for each encoding of its standard
# output; the names come as escapes.
SCRIPT = f"""
import sys
sys.path.insert(0, "tests")
from exact_rows import as_exact
from shown import HOSTILE, batch_of, document_explanation, hand_made
names = [*HOSTILE.values(), "\\u20ac \\u4ef7\\u683c \\xe9", "plain"]
results = [hand_made()]
for name in names:
    one = hand_made(
        ((0.3,), (-0.2,), (1e-9,)),
        names=(name, name + " 2", "plain"),
        levels=(None, name, None),
        classes=(name, "other " + name),
        label=name,
    )
    document = document_explanation("good " + name, {{"good": 0.2, name: -0.1}})
    results += [one, batch_of([one]), document]
for encoding in {STREAMS}:
    sys.stdout.reconfigure(encoding=encoding)
    for result in reversed(results):
        print(repr(result))
        print(result)
    print(end={END!r})
"""


@pytest.mark.slow
def test_print_never_raises_whatever_the_stream_and_the_names():
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=Path(__file__).parent.parent.parent,
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr.decode()
    *shown, rest = done.stdout.replace(os.linesep.encode(), b"\n").split(END.encode())
    assert rest == b""
    assert len(shown) == len(STREAMS)
    for encoding, text in zip(STREAMS, shown):
        assert text.decode(encoding).endswith(f"{hand_made()!r}\n")


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_plain_names_go_to_any_stream(encoding):
    # Standard output takes everything here; the stream that is printed to does not.
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    for result in (hand_made(), batch_of([hand_made()]), document_explanation("a b", {"a": -0.2})):
        print(result, file=stream)
    stream.flush()
    assert "-0.131 +-0.00" in stream.buffer.getvalue().decode(encoding)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_names_are_written_as_standard_output_can(text, encoding, monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    monkeypatch.setattr(sys, "stdout", stream)
    one = hand_made(
        names=(text, f"{text} 2", "c", "d"), classes=(text, "other"), label=text, levels=(text,) * 4
    )
    print(one)
    stream.flush()
    monkeypatch.undo()
    assert stream.buffer.getvalue()


def test_what_a_stream_takes_is_written_as_it_is(monkeypatch):
    one = hand_made(names=("größe", "价格", "c", "a − b"), classes=("±", "β"), label="é")
    text = repr(one)
    for name in ("größe", "价格", "a − b", "class '±'", "row é"):
        assert name in text
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding="cp1252"))
    text = repr(one)
    monkeypatch.undo()
    for name in ("größe", r"\u4ef7\u683c", r"a \u2212 b", "class '±'", "row é"):
        assert name in text


def test_columns_stay_in_line_where_names_are_escaped(monkeypatch):
    one = hand_made(names=("价格", "b", "c", "d"))
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
    lines = [line for line in repr(one).splitlines() if " +-" in line]
    monkeypatch.undo()
    assert len({line.index("+-") for line in lines}) == 1


@pytest.mark.parametrize("encoding", [None, "no-such-encoding", 3, "idna"])
def test_a_stream_that_says_nothing_useful_gets_everything(encoding, monkeypatch):
    stream = type("Stream", (io.StringIO,), {"encoding": encoding})()
    monkeypatch.setattr(sys, "stdout", stream)
    text = printable("价格")
    monkeypatch.undo()
    assert text == "价格" or encoding == "idna"


def test_there_may_be_no_standard_output(monkeypatch):
    one = hand_made(names=("价格", "b", "c", "d"))
    monkeypatch.setattr(sys, "stdout", None)
    text = repr(one)
    monkeypatch.undo()
    assert "价格" in text


@pytest.mark.parametrize("weight", [np.inf, -np.inf, 1e308, 5e-324, 0.0])
def test_any_weight_can_be_shown(weight):
    with np.errstate(all="ignore"):
        assert repr(hand_made(((weight,), (-0.1,), (0.0,), (0.2,))))


def test_signs_bars_and_cuts_are_ascii():
    one = hand_made(
        ((-0.307,), (1e-12,), (0.1,), (0.2,)),
        names=("n" * 200, "a\u202eb", "c", "d"),
        label="x" * 99,
    )
    text = repr(one)
    assert text.isascii()
    assert "nnn...nnn" in text
    assert "a<U+202E>b" in text
    assert "-0.307 +-" in text


def test_a_batch_says_what_it_holds(binary_data):
    X = binary_data[0]
    batch = LimeTabularExplainer(lambda X: X[:, 0], n_perturbations=64, random_state=0).fit(X)
    batch = batch.explain(X[:4])
    size = f"<ExplanationBatch: 4 rows x {X.shape[1]} features x 1 output"
    assert repr(batch).startswith(f"{size}, n=64, median")
    assert repr(batch).endswith(f", median fidelity {np.median(batch.fidelity):.2f}>")
    assert ", exact, median fidelity " in repr(as_exact(batch))
    assert ", 2 of 4 exact, n=64, median fidelity " in repr(as_exact(batch, [0, 1]))
    assert repr(batch[:0]) == f"{size}>".replace("4 rows", "0 rows")


def test_a_batch_names_its_outputs(multiclass_data, multiclass_model):
    X = multiclass_data[0]
    shown = {}
    for target in ("all", "predicted"):
        explainer = LimeTabularExplainer(multiclass_model, target=target, random_state=0)
        shown[target] = repr(explainer.fit(X).explain(X[:2]))
    names = ", ".join(repr(name.item()) for name in multiclass_model.classes_)
    assert f"x 3 outputs ({names})" in shown["all"]
    assert "x 1 output (predicted)" in shown["predicted"]
