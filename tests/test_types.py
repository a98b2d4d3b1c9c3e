"""Types: a user's script runs as it is type-checked, and the package says that it has types."""

import importlib.util
from importlib.resources import files
from pathlib import Path

SCRIPT = Path(__file__).parent / "typed" / "user_script.py"


def test_script_that_the_type_checkers_read_runs(tmp_path):
    specification = importlib.util.spec_from_file_location("user_script", SCRIPT)
    script = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(script)
    assert script.explain_flowers(tmp_path) > 0.0
    assert script.explain_reviews() > 0.0
    assert script.explain_pictures() > 0.0
    assert (tmp_path / "report.html").is_file()


def test_package_is_marked_as_typed():
    assert files("sklime").joinpath("py.typed").is_file()
