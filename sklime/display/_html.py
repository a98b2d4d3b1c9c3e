"""Templates filled from plain values; every text is escaped by the template engine."""

import re
from functools import cache
from importlib.resources import files

__all__ = ["asset", "render"]

_INDENTED_BREAK = re.compile(r"\s*\n\s*")


def render(template, **values):
    """Fill a template.

    Parameters
    ----------
    template : str
        Name of the file.

    **values : object
        What it is filled with: plain texts, numbers, lists and dicts.

    Returns
    -------
    html : str
        The same for the same values.
    """
    return _environment().get_template(template).render(**values)


@cache
def asset(name):
    """Return a style sheet or a script as markup that is not escaped.

    Parameters
    ----------
    name : str
        Name of a file that comes with the package.

    Returns
    -------
    text : Markup
        Without the line breaks and indents of the file.
    """
    from markupsafe import Markup

    lines = [line.strip() for line in _source(name).splitlines()]
    # A script keeps its lines, where they end statements.
    return Markup(("\n" if name.endswith(".js") else "").join(line for line in lines if line))


def _source(name):
    return files("sklime.display").joinpath("templates", name).read_text(encoding="utf-8")


@cache
def _environment():
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    def without_layout(name):
        # The line breaks of the templates are for people who read them.
        return _INDENTED_BREAK.sub("", _source(name))

    return Environment(
        loader=FunctionLoader(without_layout), autoescape=True, undefined=StrictUndefined
    )
