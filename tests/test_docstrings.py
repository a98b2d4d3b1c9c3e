"""Examples in docstrings run."""

import doctest
import importlib
import pathlib
import pkgutil

import pytest

import sklime

MODULES = [
    "sklime",
    *sorted(module.name for module in pkgutil.walk_packages(sklime.__path__, "sklime.")),
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_of_module_run(name):
    options = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    result = doctest.testmod(importlib.import_module(name), optionflags=options)
    assert result.failed == 0


def test_there_are_examples_to_run():
    finder = doctest.DocTestFinder(exclude_empty=True)
    tests = [test for name in MODULES for test in finder.find(importlib.import_module(name))]
    assert sum(bool(test.examples) for test in tests) > 15


DOC = pathlib.Path(__file__).parents[1] / "doc"
PAGES = sorted(
    page
    for folder in ("guide", "developers")
    for page in (DOC / folder).glob("*.rst")
    if ">>> " in page.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_examples_of_page_run(page):
    options = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    result = doctest.testfile(str(page), module_relative=False, optionflags=options)
    assert result.attempted > 0
    assert result.failed == 0


def test_there_are_pages_with_examples():
    assert len(PAGES) > 5
