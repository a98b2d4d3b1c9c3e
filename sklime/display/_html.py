"""Fill templates with plain values; the template engine escapes every text."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

__all__ = ["asset", "render"]

_INDENTED_BREAK = re.compile(r"\s*\n\s*")


def render(template: str, **values: Any) -> str:
    """Fill a template.

    Parameters
    ----------
    template : str
        Name of the file.

    **values : object
        Plain texts, numbers, lists and dicts.

    Returns
    -------
    html : str
        Always the same for the same values.
    """
    return _environment().get_template(template).render(**values)


@cache
def asset(name: str) -> Markup:
    """Return a style sheet or a script as markup, which is not escaped.

    Parameters
    ----------
    name : str
        Name of a file that comes with the package.

    Returns
    -------
    text : Markup
        The file without indents and blank lines; a script also without lines that are comments,
        a style sheet also without line breaks.
    """
    from markupsafe import Markup

    is_script = name.endswith(".js")
    lines = [line.strip() for line in _source(name).splitlines()]
    lines = [line for line in lines if line and not (is_script and line.startswith("//"))]
    # A script keeps its line breaks: some of them end statements.
    return Markup(("\n" if is_script else "").join(lines))


def _source(name: str) -> str:
    # Not by `__file__`: the package may be imported from a zip file.
    return files("sklime.display").joinpath("templates", name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    def without_layout(name: str) -> str:
        # Line breaks and indents help readers of the templates, but repeat in each of the rows.
        return _INDENTED_BREAK.sub("", _source(name))

    return Environment(
        loader=FunctionLoader(without_layout), autoescape=True, undefined=StrictUndefined
    )
