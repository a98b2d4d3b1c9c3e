"""What is said of the package where it is built, installed and shown: one thing in every place."""

import importlib.util
import re
import tomllib
from pathlib import Path

import pytest
from rooms import PACKAGE

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
REPOSITORY = "https://example.org/own"
# Extras for those who work on sklime itself.
FOR_DEVELOPERS = {"all", "benchmark", "dev", "doc", "test"}


def readme_for_index(*arguments):
    specification = importlib.util.spec_from_file_location("setup_of_sklime", ROOT / "setup.py")
    setup = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(setup)
    return setup.readme_for_index(*arguments)


def package_name(requirement):
    return re.match(r"[\w.-]+", requirement).group()


@pytest.mark.parametrize(
    ("link", "whole"),
    [
        ("![Bars](doc/a.png)", f"![Bars]({REPOSITORY}/raw/v1.2.0/doc/a.png)"),
        ("[changes](CHANGES.rst)", f"[changes]({REPOSITORY}/blob/v1.2.0/CHANGES.rst)"),
        (
            "[![Bars](a.png)](b.rst)",
            f"[![Bars]({REPOSITORY}/raw/v1.2.0/a.png)]({REPOSITORY}/blob/v1.2.0/b.rst)",
        ),
        (
            "[![Bars](https://example.org/a.png)](b.rst)",
            f"[![Bars](https://example.org/a.png)]({REPOSITORY}/blob/v1.2.0/b.rst)",
        ),
        ("[within](#more), [mail](mailto:a@example.org)", None),
        ("[paper](https://example.org/x)", None),
        ("`values[0](x)` and array[3] (of 4)", None),
        ("```python\nvalues[0](x)\n```", None),
        ("[`code`](a.rst)", f"[`code`]({REPOSITORY}/blob/v1.2.0/a.rst)"),
        (
            "[![Bars](a.png)](https://example.org/x)",
            f"[![Bars]({REPOSITORY}/raw/v1.2.0/a.png)](https://example.org/x)",
        ),
    ],
)
def test_relative_links_become_whole(link, whole):
    assert readme_for_index(link, REPOSITORY, "1.2.0") == (whole or link)


def test_links_of_a_development_version_lead_to_the_branch():
    # A development version has no tag.
    readme = readme_for_index("[changes](CHANGES.rst)", REPOSITORY, "1.2.0.dev0")
    assert readme == f"[changes]({REPOSITORY}/blob/main/CHANGES.rst)"


def test_links_of_the_readme_lead_to_files_of_the_repository():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    source, version = PROJECT["urls"]["Source"], PROJECT["version"]
    shown = readme_for_index(readme, source, version)
    assert not re.findall(r"\]\((?!https?:|mailto:|#)[^)]*\)", shown)
    assert not re.findall(r"<(?:img|a) ", shown)
    paths = re.findall(rf"\({re.escape(source)}/(?:raw|blob)/[^/]+/([^)#]+)", shown)
    assert paths
    assert not [path for path in paths if not (ROOT / path).exists()]


def test_addresses_are_those_of_one_repository():
    urls = PROJECT["urls"]
    assert not urls["Source"].endswith("/")
    assert urls["Issues"].startswith(f"{urls['Source']}/")
    assert urls["Changes"].startswith(f"{urls['Source']}/")


def test_classifiers_name_each_python_from_the_oldest():
    listed = re.findall(r"Python :: 3\.(\d+)", "\n".join(PROJECT["classifiers"]))
    assert [int(minor) for minor in listed] == list(range(11, 15))
    assert PROJECT["requires-python"] == f">=3.{listed[0]}"


def test_all_has_every_extra_of_a_user():
    extras = PROJECT["optional-dependencies"]
    (requirement,) = extras["all"]
    named = requirement.removeprefix("sklime[").removesuffix("]").split(",")
    assert sorted(named) == sorted(set(extras) - FOR_DEVELOPERS)


# Packages whose modules have another name.
PACKAGES = {"skimage": "scikit-image"}


def test_all_has_the_optional_packages_of_the_code():
    code = "\n".join(path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py"))
    modules = set(re.findall(r'import_optional\(\s*"(\w+)', code))
    imported = {PACKAGES.get(module, module) for module in modules}
    extras = PROJECT["optional-dependencies"]
    users = [extras[name] for name in set(extras) - FOR_DEVELOPERS]
    offered = {package_name(requirement) for extra in users for requirement in extra}
    always = {package_name(requirement) for requirement in PROJECT["dependencies"]}
    assert imported
    assert imported <= offered | always


def test_conda_recipe_agrees():
    recipe = (ROOT / "conda" / "meta.yaml").read_text(encoding="utf-8")
    run = recipe.partition("\n  run:\n")[2].partition("\ntest:")[0]
    required = re.findall(r"^ +- (\S+) (\S+)$", run, re.MULTILINE)
    expected = [f"python{PROJECT['requires-python']}", *PROJECT["dependencies"]]
    # The whole matplotlib of conda brings windows along.
    assert ["".join(pair).replace("matplotlib-base", "matplotlib") for pair in required] == expected
    assert f'set version = "{PROJECT["version"]}"' in recipe
    assert PROJECT["description"] in recipe
    assert PROJECT["license"] in recipe


def test_the_gate_runs_every_test_that_the_readme_leaves_out():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    gate = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert 'pytest -n 2 -m "not slow"\n' in readme
    lines = gate.splitlines()
    # The other slow tests are those in a browser, which the gate refuses to skip.
    assert 'pytest -n 2 -m "slow and not browser"' in lines
    assert any("pytest -m browser -rs" in line for line in lines)
