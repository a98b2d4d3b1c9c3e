"""Sphinx configuration. Builds without network: no inventory, font or script is fetched."""

import importlib.util
import os
import re
import sys
import tomllib
import warnings
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
EXAMPLES = ROOT / "examples"

# The checkout next to these pages is what they describe, whatever else is installed.
sys.path.insert(0, str(ROOT))
os.environ.setdefault("MPLBACKEND", "Agg")
# Threads that wait for one another are slow where other programs run; one is enough here.
os.environ.setdefault("OMP_NUM_THREADS", "1")

project = "sklime"
author = "The sklime developers"
copyright = f"2026, {author}"
settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
version = release = settings["project"]["version"]

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.extlinks",
    "numpydoc",
    "sphinx_gallery.gen_gallery",
    "sphinx_design",
    "sphinx_copybutton",
]
templates_path = ["_templates"]
exclude_patterns = ["_build", "_compare.rst", "**/GALLERY_HEADER.rst"]
# `Explanation` in a docstring links to the class where there is one, and is code otherwise.
default_role = "py:obj"
add_module_names = False
toc_object_entries_show_parents = "hide"
extlinks = {"doi": ("https://doi.org/%s", "doi:%s")}

autosummary_generate = True
autodoc_typehints = "none"
autodoc_member_order = "bysource"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False

# The gallery's settings hold a function of this file.
suppress_warnings = ["config.cache"]

copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

html_theme = "pydata_sphinx_theme"
html_title = "sklime"
html_logo = "_static/logo.svg"
html_favicon = "_static/favicon.svg"
html_static_path = ["_static"]
html_css_files = ["sklime.css"]
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {
    "logo": {"text": "sklime", "alt_text": "sklime, home"},
    "show_toc_level": 2,
    "show_prev_next": True,
    "navbar_align": "left",
    "header_links_before_dropdown": 6,
    "footer_start": ["copyright"],
    "footer_end": [],
    "secondary_sidebar_items": ["page-toc"],
}
html_sidebars = {"index": [], "benchmarks": [], "changes": [], "glossary": [], "references": []}


def missing_packages(example):
    """Return the optional packages that an example names in a ``# Optional:`` line and lacks."""
    named = re.findall(r"^# Optional: (.+)$", example.read_text(encoding="utf-8"), re.MULTILINE)
    packages = [name.strip() for line in named for name in line.split(",")]
    return [name for name in packages if importlib.util.find_spec(name) is None]


def runnable_pattern():
    """Return a pattern of the examples to run: those that have what they need.

    The others are shown without output; run as a script they say what to install.
    """
    runnable = [
        re.escape(os.path.join(example.parent.name, example.name))
        for example in sorted(EXAMPLES.glob("*/plot_*.py"))
        if not missing_packages(example)
    ]
    return "|".join(runnable)


def warnings_are_errors(gallery_conf, path, when):
    """Make a warning in an example fail the build, and leave Sphinx's own alone."""
    warnings.resetwarnings()
    warnings.simplefilter("error" if when == "before" else "default")
    # shap is older than the matplotlib that it draws with.
    warnings.filterwarnings("default", module="shap")


SECTIONS = ("tabular", "text", "images", "choices", "pitfalls")

sphinx_gallery_conf = {
    "examples_dirs": ["../examples"],
    "gallery_dirs": ["gallery"],
    "filename_pattern": runnable_pattern(),
    "subsection_order": [f"../examples/{name}" for name in SECTIONS if (EXAMPLES / name).is_dir()],
    "within_subsection_order": "FileNameSortKey",
    "doc_module": ("sklime",),
    "backreferences_dir": "generated/backreferences",
    "download_all_examples": False,
    # Of the last line of a cell `Out:` shows tables and explanations, no addresses of objects.
    "capture_repr": ("_repr_html_",),
    "write_computation_times": False,
    "show_memory": False,
    "show_signature": False,
    "remove_config_comments": True,
    "abort_on_example_error": False,
    "only_warn_on_example_error": False,
    "matplotlib_animations": False,
    "copyfile_regex": r".*\.csv",
    "reset_modules": ("matplotlib", warnings_are_errors),
    "reset_modules_order": "both",
    "default_thumb_file": str(HERE / "_static" / "logo.png"),
}


def skip_members_of_scikit_learn(app, what, name, obj, skip, options):
    """Leave out what scikit-learn's own pages describe: `set_output`, `get_params` and so on."""
    return skip or (getattr(obj, "__module__", None) or "").startswith("sklearn.")


def setup(app):
    """Connect the function above."""
    app.connect("autodoc-skip-member", skip_members_of_scikit_learn)
