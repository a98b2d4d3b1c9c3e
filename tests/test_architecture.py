"""Rules about the code itself: who imports whom, what nobody does, how things are described."""

import ast
import configparser
import dataclasses
import importlib
import inspect
import pkgutil
from pathlib import Path

import pytest
from numpydoc.validate import validate

import sklime

PACKAGE = Path(sklime.__file__).parent
SETUP_CFG = Path(__file__).parent.parent / "setup.cfg"

# Floors, from the top to the bottom: a module imports from lower floors only, or from its own
# room. `__init__` lists what is public, so it stands above all.
FLOORS = [
    {"__init__"},
    {"metrics", "parts"},
    {"_tables", "_text"},
    {"_base", "_masks"},
    {"_surrogates"},
    {"_explanations", "_responses", "neighborhoods", "selection"},
    {"display", "backgrounds", "discretizers", "kernels"},
    {"_gram", "utils"},
]
RANK = {room: -i for i, floor in enumerate(FLOORS) for room in floor}
SEEDED = {"default_rng", "Generator", "RandomState", "SeedSequence"}

FILES = sorted(PACKAGE.rglob("*.py"))


def module_name(path):
    return ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)


def room(name):
    """The file or folder right below `sklime` that a module lives in."""
    return name.split(".")[1] if "." in name else "__init__"


def imported_names(node):
    """Full names that an import statement mentions."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [f"{node.module}.{alias.name}" for alias in node.names]


def imports(tree):
    return [node for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))]


def lazy_imports(tree):
    functions = [
        node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]
    return {id(node) for function in functions for node in imports(function)}


def dotted(node):
    """The dotted name that an expression spells, if it spells one."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


@pytest.fixture(params=FILES, ids=module_name)
def path(request):
    """Each file of the package in turn."""
    return request.param


@pytest.fixture
def tree(path):
    """The syntax tree of the file."""
    return ast.parse(path.read_text(encoding="utf-8"))


def test_every_module_has_its_layer(path):
    assert room(module_name(path)) in RANK


def test_imports_point_down(path, tree):
    own = room(module_name(path))
    upward = [
        name
        for node in imports(tree)
        for name in imported_names(node)
        if name.startswith("sklime.") and room(name) != own and RANK[room(name)] >= RANK[own]
    ]
    assert not upward


def test_imports_are_absolute(tree):
    assert not [node for node in imports(tree) if isinstance(node, ast.ImportFrom) and node.level]


def test_displays_are_imported_lazily(path, tree):
    if room(module_name(path)) in {"display", "__init__"}:
        return
    lazy = lazy_imports(tree)
    displays = [
        node
        for node in imports(tree)
        if any(name.startswith("sklime.display") for name in imported_names(node))
    ]
    assert all(id(node) in lazy for node in displays)
    assert not displays or room(module_name(path)) == "_explanation"


@pytest.mark.parametrize("package", ["matplotlib", "jinja2", "rich", "polars", "pyarrow"])
def test_heavy_and_optional_packages_are_imported_lazily(package, path, tree):
    lazy = lazy_imports(tree)
    eager = [
        node
        for node in imports(tree)
        if any(name.split(".")[0] == package for name in imported_names(node))
        and id(node) not in lazy
    ]
    assert not eager


def test_private_names_of_scikit_learn_stay_in_one_file(path, tree):
    private = [
        name
        for node in imports(tree)
        for name in imported_names(node)
        if name.startswith("sklearn.") and any(part.startswith("_") for part in name.split("."))
    ]
    assert not private or module_name(path) == "sklime.utils._sklearn"


def test_callbacks_of_scikit_learn_are_never_imported_at_the_top(tree):
    # They exist from 1.9 only.
    lazy = lazy_imports(tree)
    eager = [
        node
        for node in imports(tree)
        if any(name.startswith("sklearn.callback") for name in imported_names(node))
        and id(node) not in lazy
    ]
    assert not eager


def test_global_random_numbers_are_never_drawn(tree):
    drawn = [
        dotted(node)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and dotted(node.value) in {"np.random", "numpy.random"}
        and node.attr not in SEEDED
    ]
    imported = [
        name
        for node in imports(tree)
        for name in imported_names(node)
        if name.startswith("numpy.random.") and name.split(".")[-1] not in SEEDED
    ]
    assert not drawn + imported
    assert not [name for node in imports(tree) for name in imported_names(node) if name == "random"]


def test_no_error_is_swallowed_whole(tree):
    broad = [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or dotted(node.type) in {"Exception", "BaseException"})
    ]
    assert not broad


def test_nothing_is_asserted(tree):
    assert not [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Assert)]


def test_frames_are_told_apart_in_one_file(path, tree):
    asked = [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and dotted(node) in {"pd.DataFrame", "pandas.DataFrame"}
    ]
    tested = [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and dotted(node.func) == "isinstance"
        if node.lineno in asked
    ]
    assert not tested or module_name(path) == "sklime.utils._frames"


def test_every_module_says_what_it_is_for(tree):
    assert ast.get_docstring(tree)


def test_no_function_is_longer_than_sixty_lines(tree):
    long = []
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            if body and body[-1].end_lineno - body[0].lineno + 1 > 60:
                long.append(node.name)
    assert not long


# Public names


def public_modules():
    names = [module.name for module in pkgutil.walk_packages(sklime.__path__, "sklime.")]
    public = [name for name in names if not any(part.startswith("_") for part in name.split("."))]
    return ["sklime", *(name for name in public if room(name) != "utils")]


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


def complaints(name, *, forgiven=()):
    """What numpydoc says, but for the checks that setup.cfg turns off and the name of a return."""
    config = configparser.ConfigParser()
    config.read(SETUP_CFG)
    off = {check.strip() for check in config["numpydoc_validation"]["checks"].split(",")}
    off = (off - {"all", "EX01"}) | {"RT02", *forgiven}
    return [f"{code}: {text}" for code, text in validate(name)["errors"] if code not in off]


def test_main_names_are_public():
    explainers = {"LimeTabularExplainer", "LimeTextExplainer"}
    assert explainers | {"Explanation", "ExplanationBatch"} <= set(sklime.__all__)


@pytest.mark.parametrize("name", public_modules())
def test_public_module_lists_its_names(name):
    module = importlib.import_module(name)
    assert len(module.__all__) == len(set(module.__all__))
    assert not [public for public in module.__all__ if not hasattr(module, public)]


@pytest.mark.parametrize("name", public_objects())
def test_public_object_is_described_with_an_example(name):
    # The fields of a result are described as attributes: nobody but `explain` makes one.
    forgiven = ["PR01"] if dataclasses.is_dataclass(resolve(name)) else []
    assert not complaints(name, forgiven=forgiven)


@pytest.mark.parametrize("name", public_methods())
def test_public_method_is_described(name):
    assert not complaints(name, forgiven=["EX01"])


def test_top_module_has_no_logic():
    source = (PACKAGE / "__init__.py").read_text(encoding="utf-8")
    assert not [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
