"""The data within a report: the writer, the script and the description agree."""

import json
import re
from importlib.resources import files

import pytest
from sanitizer import Page
from shown import batch_of, document_batch, hand_made

from sklime.display._html import asset
from sklime.display._payload import OUTPUT, ROW, STEP, UNREAD, Output, Payload, Weight
from sklime.display._report import report_html

KEYS = set(Payload.__annotations__)
SOURCE = files("sklime.display").joinpath("templates", "report.js").read_text("utf-8")
SCRIPT = str(asset("report.js"))


def table_report():
    return report_html(batch_of([hand_made(label=label, seed=label) for label in range(5)]))


def document_report():
    return report_html(document_batch(["a good film", "a bad film"], {"good": 0.3, "bad": -0.2}))


def empty_report():
    return report_html(batch_of([hand_made()])[:0])


REPORTS = {"table": table_report, "documents": document_report, "nothing": empty_report}


@pytest.fixture(params=REPORTS)
def payload(request):
    return json.loads(Page(REPORTS[request.param]()).scripts[0])


def test_exactly_the_described_keys_are_written_in_their_order(payload):
    assert list(payload) == list(Payload.__annotations__)


def test_the_script_reads_the_described_keys_and_no_other():
    assert set(re.findall(r"\bD\.(\w+)", SCRIPT)) == KEYS - UNREAD


def test_the_script_never_reads_a_key_by_another_way():
    assert not re.findall(r"\bD(?!\.\w| = JSON)\b", SCRIPT)


def test_the_script_has_the_described_positions():
    constants = dict(re.findall(r"\b([A-Z_]{3,}) = (\d+)", SCRIPT))
    described = ROW | OUTPUT | {"STEP": STEP}
    assert {name: int(constants[name]) for name in described} == described


def test_rows_have_the_described_positions(payload):
    shortest = ROW["EXTRA"]
    assert all(shortest <= len(row) <= len(ROW) for row in payload["x"])
    assert all(len(row[ROW["OUTPUTS"]]) == len(payload["o"]) for row in payload["x"])


def test_outputs_have_the_described_positions(payload):
    outputs = [output for row in payload["x"] for output in row[ROW["OUTPUTS"]]]
    assert all((len(output) - OUTPUT["ENTRIES"]) % STEP == 0 for output in outputs)
    rules = [rule for output in outputs for rule in output[OUTPUT["ENTRIES"] :: STEP]]
    assert all(0 <= rule < len(payload["r"]) for rule in rules)


def test_an_output_is_flat_in_the_order_of_its_fields():
    output = Output(1, 10, 95, 20, 30, 2, 5, [Weight(0, "x", 7, 1), Weight(3, 4.5, -6, None)])
    assert output.flat() == [1, 10, 95, 20, 30, 2, 5, 0, 7, 1, 3, -6, None]


def test_comments_of_the_script_stay_out_of_reports():
    assert "//" in SOURCE
    assert not [line for line in SCRIPT.splitlines() if line.startswith("//")]


def test_only_whole_lines_of_the_script_are_comments():
    # A line is taken out if it begins with "//"; anything after code would stay.
    code = [line for line in SOURCE.splitlines() if not line.lstrip().startswith("//")]
    assert not [line for line in code if re.search(r"(?<!:)//", line)]
