"""The pages tell of everything that is public, and agree with the code about names and versions."""

import importlib.util
import re
import textwrap
import tomllib
from pathlib import Path

from rooms import PACKAGE
from test_architecture import public_objects

import sklime

ROOT = Path(__file__).parents[1]
DOC = ROOT / "doc"


def text_of(*paths):
    return "\n".join(path.read_text(encoding="utf-8") for path in paths)


def reference_names():
    """Full names in the autosummary tables of the API reference, in order."""
    names, module, in_table = [], None, False
    for line in (DOC / "api.rst").read_text(encoding="utf-8").splitlines():
        if line.startswith(".. currentmodule:: "):
            module = line.split()[-1]
        elif line.startswith(".. autosummary::"):
            in_table = True
        elif line and not line.startswith(" "):
            in_table = False
        elif in_table and line.strip() and not line.strip().startswith(":"):
            names.append(f"{module}.{line.strip()}")
    return names


def parameters():
    kinds = sklime.LimeTabularExplainer, sklime.LimeTextExplainer, sklime.LimeImageExplainer
    explainers = [kind(None) for kind in kinds]
    names = {name for explainer in explainers for name in explainer.get_params(deep=False)}
    return sorted(names - {"estimator"})


def test_reference_has_every_public_name_once():
    assert sorted(reference_names()) == public_objects()


def test_guide_speaks_of_every_public_name_and_parameter():
    spoken_of = set(re.findall(r"\w+", text_of(*(DOC / "guide").glob("*.rst"))))
    names = [name.rpartition(".")[2] for name in public_objects()]
    assert not [name for name in names + parameters() if name not in spoken_of]


def test_references_have_the_papers_of_the_docstrings():
    cited = re.findall(r"doi:`?(10\.[^\s`]+)", text_of(*PACKAGE.rglob("*.py")))
    assert cited
    references = text_of(DOC / "references.rst")
    assert not [doi for doi in cited if doi not in references]


def rooms():
    """Files and folders right below the package."""
    found = [path for path in PACKAGE.iterdir() if path.suffix in ("", ".py")]
    return sorted(path.name for path in found if not path.name.startswith("__"))


def test_architecture_page_has_every_room():
    page = text_of(DOC / "developers" / "architecture.rst")
    assert not [room for room in rooms() if room not in page]


def test_picture_of_the_rooms_is_that_of_the_code():
    specification = importlib.util.spec_from_file_location("make_rooms", DOC / "make_rooms.py")
    make_rooms = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(make_rooms)
    # Otherwise: python doc/make_rooms.py
    assert make_rooms.PICTURE.read_text(encoding="utf-8") == make_rooms.drawing()


def test_versions_agree():
    project = tomllib.loads(text_of(ROOT / "pyproject.toml"))["project"]
    citation = re.search(r"^version: (\S+)$", text_of(ROOT / "CITATION.cff"), re.MULTILINE)
    assert project["version"] == sklime.__version__ == citation.group(1)


def last_line(path):
    """Last line of a file that is not blank."""
    return text_of(path).rstrip().splitlines()[-1]


def test_examples_draw_a_conclusion():
    # The last block of an example is text: what follows from what was seen.
    examples = sorted((ROOT / "examples").glob("*/plot_*.py"))
    assert examples
    assert not [path for path in examples if not last_line(path).startswith("# ")]
    assert not [path for path in examples if not (path.parent / "GALLERY_HEADER.rst").is_file()]


def test_fragments_of_the_changes_have_a_kind():
    project = tomllib.loads(text_of(ROOT / "pyproject.toml"))
    kinds = {kind["directory"] for kind in project["tool"]["towncrier"]["type"]}
    fragments = [path for path in (ROOT / "changes").iterdir() if path.name != "README.rst"]
    assert {path.name.split(".")[-2] for path in fragments} <= kinds


def code_of_readme():
    return re.search(r"```python\n(.*?)```", text_of(ROOT / "README.md"), re.DOTALL).group(1)


def test_code_of_readme_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {}
    for code in re.findall(r"```python\n(.*?)```", text_of(ROOT / "README.md"), re.DOTALL):
        exec(compile(code, "README.md", "exec"), names)
    explanation, batch = names["explanation"], names["batch"]
    # What the picture beside the code shows.
    assert explanation.row_label == 172
    assert explanation.predicted_class == "malignant"
    assert explanation.is_exact
    assert names["weights"].shape == batch.values.shape[:2]
    assert names["shapley"].is_exact.all()
    assert (tmp_path / "report.html").stat().st_size > 100_000


def test_home_page_has_the_first_lines_of_readme():
    assert textwrap.indent(code_of_readme(), "   ") in text_of(DOC / "index.rst")


def test_links_to_files_lead_there():
    pages = text_of(*(ROOT / name for name in ["README.md", "CONTRIBUTING.md", "SECURITY.md"]))
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", pages)
    assert links
    assert not [link for link in links if not (ROOT / link).exists()]


def test_commands_in_pages_name_files_that_exist():
    pages = [ROOT / "README.md", ROOT / "benchmarks" / "README.md", *DOC.rglob("*.rst")]
    pages = [page for page in pages if not {"gallery", "generated"} & set(page.parts)]
    commands = re.findall(r"python ((?:benchmarks|examples)/\S+?\.py)", text_of(*pages))
    assert commands
    assert not [path for path in commands if not (ROOT / path).is_file()]
