"""Rules about the code itself: who imports whom, what nobody does, how things are described."""

import ast
import configparser
import dataclasses
import functools
import importlib
import inspect
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest
from numpydoc.validate import validate
from rooms import (
    PACKAGE,
    RANK,
    TREES,
    figures,
    imported_names,
    imports,
    module_name,
    room_of,
    upward,
)

import sklime

SETUP_CFG = Path(__file__).parent.parent / "setup.cfg"
SEEDED = {"default_rng", "Generator", "RandomState", "SeedSequence"}

MODULES = {module_name(path): tree for path, tree in TREES.items()}


def lazy_imports(tree):
    functions = [
        node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]
    # What only a type checker reads is not imported at all.
    unread = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and dotted(node.test) == "TYPE_CHECKING"
    ]
    return {id(node) for part in [*functions, *unread] for node in imports(part)}


def dotted(node):
    """The dotted name that an expression spells, if it spells one."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def statements(wanted):
    """Import statements that mention a wanted name: module, line, and whether a function has it."""
    return [
        (name, node.lineno, id(node) in lazy_imports(tree))
        for name, tree in MODULES.items()
        for node in imports(tree)
        if any(wanted(imported) for imported in imported_names(node))
    ]


def test_every_module_has_its_floor():
    assert not [name for name in MODULES if room_of(name) not in RANK]


def test_imports_point_down():
    assert upward() == []


def test_the_house_in_figures():
    house = figures()
    print(house)
    assert house["arrows back up"] == 0
    assert house["modules at the top"] <= 8


def test_the_engine_knows_no_kind_of_thing():
    kinds = ("sklime._text", "sklime._tables", "sklime._images", "sklime._time_series")
    engine = [name for name, *_ in statements(lambda name: name.startswith(kinds))]
    assert not [name for name in engine if room_of(name) == "_masks"]


def test_imports_are_absolute():
    relative = [
        (name, node.lineno)
        for name, tree in MODULES.items()
        for node in imports(tree)
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert not relative


def test_displays_are_imported_lazily():
    found = statements(lambda name: name.startswith("sklime.display"))
    outside = [item for item in found if room_of(item[0]) != "display"]
    assert outside
    assert not [item for item in outside if not item[2] or room_of(item[0]) != "_explanations"]


@pytest.mark.parametrize(
    "package", ["matplotlib", "jinja2", "rich", "polars", "pyarrow", "skimage", "PIL"]
)
def test_heavy_and_optional_packages_are_imported_lazily(package):
    found = statements(lambda name: name.split(".")[0] == package)
    assert not [item for item in found if not item[2]]


def test_submodules_load_at_their_first_use():
    code = (
        "import sys, sklime; before = set(sys.modules); sklime.metrics; "
        "assert 'sklime.metrics' not in before; assert 'matplotlib' not in before; "
        "assert sklime.metrics.fidelity_score; assert 'metrics' in dir(sklime)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_unknown_name_is_an_error_as_in_any_module():
    with pytest.raises(AttributeError, match="module 'sklime' has no attribute 'metric'"):
        _ = sklime.metric


def test_private_names_of_scikit_learn_stay_in_one_file():
    def is_private(name):
        return name.startswith("sklearn.") and any(part[0] == "_" for part in name.split("."))

    found = statements(is_private)
    assert found
    assert not [item for item in found if item[0] != "sklime.utils._sklearn"]


def test_callbacks_of_scikit_learn_are_never_imported_at_the_top():
    # They exist from 1.9 only.
    found = statements(lambda name: name.startswith("sklearn.callback"))
    assert not [item for item in found if not item[2]]


def nodes(*kinds):
    """Modules and nodes of some kinds."""
    return [
        (name, node)
        for name, tree in MODULES.items()
        for node in ast.walk(tree)
        if isinstance(node, kinds)
    ]


def test_global_random_numbers_are_never_drawn():
    drawn = [
        (name, dotted(node))
        for name, node in nodes(ast.Attribute)
        if dotted(node.value) in {"np.random", "numpy.random"} and node.attr not in SEEDED
    ]
    imported = statements(
        lambda name: (
            name == "random"
            or (name.startswith("numpy.random.") and name.split(".")[-1] not in SEEDED)
        )
    )
    assert not drawn + imported


# A user's model may raise anything. These functions catch any error around its call, and around
# nothing else.
CATCH_ANYTHING = {("sklime._responses._response", "_container_for")}
CATCH_WHAT_THEY_ARE_TOLD = {("sklime._responses._failures", "model_failures")}


def names_of_errors(tree):
    """Names at the top of a module that stand for errors, and the errors."""
    return {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def caught(node, constants):
    """Names of the errors that a handler catches, also where a constant holds them."""
    kind = constants.get(getattr(node, "id", None), node)
    if isinstance(kind, ast.Tuple):
        return set().union(*(caught(item, constants) for item in kind.elts))
    return {dotted(kind) if kind is not None else ""}


def handlers():
    """Modules, functions and the names of the errors that they catch."""
    return [
        (name, function, caught(node.type, names_of_errors(tree)))
        for name, tree in MODULES.items()
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.ExceptHandler)
    ]


def test_no_error_is_swallowed_whole():
    broad = {"", "Exception", "BaseException"}
    found = {(name, function.name) for name, function, errors in handlers() if errors & broad}
    assert found == CATCH_ANYTHING
    passed_in = {
        (name, function.name)
        for name, function, errors in handlers()
        if errors & {argument.arg for argument in function.args.args}
    }
    assert passed_in == CATCH_WHAT_THEY_ARE_TOLD


def test_warnings_are_given_in_one_place():
    # `warn` of that module finds the line of the user.
    calls = [
        (name, node.lineno)
        for name, node in nodes(ast.Call)
        if dotted(node.func) == "warnings.warn" and name != "sklime.utils._warnings"
    ]
    assert not calls


def test_nothing_is_asserted():
    assert not [(name, node.lineno) for name, node in nodes(ast.Assert)]


def test_frames_are_told_apart_in_one_file():
    tested = [
        (name, node.lineno)
        for name, node in nodes(ast.Call)
        if dotted(node.func) == "isinstance"
        for inner in ast.walk(node)
        if isinstance(inner, ast.Attribute)
        and dotted(inner) in {"pd.DataFrame", "pandas.DataFrame"}
    ]
    assert not [item for item in tested if item[0] != "sklime.utils._frames"]


def test_every_module_says_what_it_is_for():
    assert not [name for name, tree in MODULES.items() if not ast.get_docstring(tree)]


# Tests of a module stand in the file of its name, as `_tables/test_rows.py` for `_tables/_rows.py`.
# Drawings are seen through their displays, and what is only handed on, where it comes from.
WITHOUT_LOGIC = {"__init__", "_encoder", "_types"}
TESTED_ELSEWHERE = {
    "parts": "_text/test_tokens.py",
    "readings": "_readings/test_registry.py",
    "display/_axes": "display/test_styles.py",
    "display/_bars": "display/test_displays.py",
    "display/_comparison": "display/test_displays.py",
    "display/_document": "display/test_long_texts.py",
    "display/_fidelity": "display/test_displays.py",
    "display/_global": "display/test_displays.py",
    "display/_html": "display/test_notebook.py",
    "display/_plots": "display/test_displays.py",
    "display/_records": "display/test_report.py",
    "display/_stability": "display/test_displays.py",
    "display/_summary": "display/test_report.py",
    "display/_text_axes": "display/test_displays.py",
    "display/_view": "display/test_notebook.py",
    "display/_words": "display/test_notebook.py",
}


def name_and_tests(path):
    """Name of a module below the package, and the file of its tests."""
    module = path.relative_to(PACKAGE)
    own = module.with_name(f"test_{module.stem.lstrip('_')}.py").as_posix()
    name = module.with_suffix("").as_posix()
    return name, TESTED_ELSEWHERE.get(name, own)


def test_every_module_has_its_tests():
    expected = [name_and_tests(path) for path in TREES if path.stem not in WITHOUT_LOGIC]
    folder = Path(__file__).parent
    assert not [name for name, file in expected if not (folder / file).is_file()]


def test_no_function_is_longer_than_sixty_lines():
    long = []
    for name, node in nodes(ast.FunctionDef, ast.AsyncFunctionDef):
        body = node.body[1:] if ast.get_docstring(node) else node.body
        if body and body[-1].end_lineno - body[0].lineno + 1 > 60:
            long.append((name, node.name))
    assert not long


# Public names


def public_modules():
    names = [module.name for module in pkgutil.walk_packages(sklime.__path__, "sklime.")]
    public = [name for name in names if not any(part.startswith("_") for part in name.split("."))]
    return ["sklime", *(name for name in public if room_of(name) != "utils")]


def public_objects():
    objects = {}
    for name in public_modules():
        module = importlib.import_module(name)
        for public in module.__all__:
            item = getattr(module, public)
            if inspect.isclass(item) or inspect.isfunction(item):
                objects.setdefault(item, f"{name}.{public}")
    return sorted(objects.values())


def public_methods():
    methods = []
    for name in public_objects():
        item = resolve(name)
        if inspect.isclass(item):
            methods += [
                f"{name}.{attribute}"
                for attribute, value in vars(item).items()
                if not attribute.startswith("_") and inspect.isfunction(value)
            ]
    return methods


def resolve(name):
    module, _, attribute = name.rpartition(".")
    return getattr(importlib.import_module(module), attribute)


@functools.cache
def checks_that_are_off():
    """Checks of numpydoc that setup.cfg turns off, and the one of the name of a return."""
    config = configparser.ConfigParser()
    config.read(SETUP_CFG)
    off = {check.strip() for check in config["numpydoc_validation"]["checks"].split(",")}
    return (off - {"all", "EX01"}) | {"RT02"}


def complaints(name, *, forgiven=()):
    """What numpydoc says, but for the checks that are off."""
    off = checks_that_are_off() | set(forgiven)
    return [f"{code}: {text}" for code, text in validate(name)["errors"] if code not in off]


def test_main_names_are_public():
    explainers = {"LimeTabularExplainer", "LimeTextExplainer", "LimeImageExplainer"}
    assert explainers | {"Explanation", "ExplanationBatch"} <= set(sklime.__all__)


def test_public_modules_list_their_names():
    listed = {name: importlib.import_module(name).__all__ for name in public_modules()}
    assert not [name for name, names in listed.items() if len(names) != len(set(names))]
    assert not [
        f"{name}.{public}"
        for name, names in listed.items()
        for public in names
        if not hasattr(importlib.import_module(name), public)
    ]


def test_public_objects_are_described_with_an_example():
    # The fields of a result are described as attributes: nobody but `explain` makes one.
    # A protocol takes any arguments, and nobody makes one either.
    results = {
        name
        for name in public_objects()
        if dataclasses.is_dataclass(resolve(name)) or getattr(resolve(name), "_is_protocol", False)
    }
    found = {
        name: complaints(name, forgiven=["PR01"] if name in results else [])
        for name in public_objects()
    }
    assert not {name: said for name, said in found.items() if said}


def test_public_methods_are_described():
    found = {name: complaints(name, forgiven=["EX01"]) for name in public_methods()}
    assert not {name: said for name, said in found.items() if said}


def test_top_module_only_lists_and_loads():
    source = (PACKAGE / "__init__.py").read_text(encoding="utf-8")
    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    assert {node.name for node in functions} == {"__dir__", "__getattr__"}
