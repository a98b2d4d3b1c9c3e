"""Optional packages."""

import math

import pytest

from sklime.utils._optional import import_optional


def test_package_that_is_there_is_imported():
    assert import_optional("math", "This") is math
    assert import_optional("os.path", "This").join("a", "b")


def test_package_that_is_not_there_is_named_with_what_needs_it():
    message = r"A drawing needs the package 'no_such_package'.*pip install no_such_package$"
    with pytest.raises(ImportError, match=message):
        import_optional("no_such_package.plots", "A drawing")
