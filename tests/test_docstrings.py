"""Examples in docstrings and pages run."""

import doctest
import importlib
import pathlib

import pytest
from rooms import TREES, module_name

from sklime._readings._registry import REGISTERED

OPTIONS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
DOC = pathlib.Path(__file__).parents[1] / "doc"


def with_examples(paths):
    """Files that hold an example."""
    return sorted(path for path in paths if ">>> " in path.read_text(encoding="utf-8"))


MODULES = [module_name(path).removesuffix(".__init__") for path in with_examples(TREES)]
PAGES = with_examples([*DOC.glob("guide/*.rst"), *DOC.glob("developers/*.rst")])

# Pages whose examples fit many models or explain many rows.
SLOW_PAGES = {
    "exact.rst",
    "how_do_i.rst",
    "low_fidelity.rst",
    "performance.rst",
    "stability.rst",
    "trust.rst",
}


def page_of(path):
    """A page as a parameter, marked if it is slow."""
    marks = pytest.mark.slow if path.name in SLOW_PAGES else ()
    return pytest.param(path, id=path.name, marks=marks)


@pytest.fixture(autouse=True)
def readers_of_examples_are_forgotten():
    """Forget readers that an example registers: other tests would ask them, too."""
    before = list(REGISTERED)
    yield
    REGISTERED[:] = before


@pytest.mark.parametrize("name", MODULES)
def test_examples_of_module_run(name):
    result = doctest.testmod(importlib.import_module(name), optionflags=OPTIONS)
    assert result.attempted > 0
    assert result.failed == 0


@pytest.mark.parametrize("page", [page_of(page) for page in PAGES])
def test_examples_of_page_run(page):
    result = doctest.testfile(str(page), module_relative=False, optionflags=OPTIONS)
    assert result.attempted > 0
    assert result.failed == 0


def test_there_are_examples_to_run():
    assert len(MODULES) > 15
    assert len(PAGES) > 5
    assert {page.name for page in PAGES} >= SLOW_PAGES
