"""The rooms of the package, the floors that they stand on, and who imports whom."""

import ast
from collections import Counter
from pathlib import Path

import sklime

PACKAGE = Path(sklime.__file__).parent

# Floors, from the top to the bottom: a module imports from lower floors only, or from its own
# room. `__init__` lists what is public, so it stands above all.
FLOORS = [
    {"__init__"},
    {"metrics", "parts", "readings"},
    {"_images", "_tables", "_text"},
    {"_base", "_explanations", "_masks"},
    {"_surrogates"},
    {"_exact"},
    {"_readings"},
    {"_responses", "neighborhoods", "selection"},
    {"_fills", "display", "backgrounds", "discretizers", "kernels", "_gram"},
    {"utils"},
]
RANK = {room: -i for i, floor in enumerate(FLOORS) for room in floor}

TREES = {path: ast.parse(path.read_text("utf-8")) for path in sorted(PACKAGE.rglob("*.py"))}


def module_name(path):
    """Full name of the module in a file."""
    return ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)


def room_of(name):
    """The file or folder right below `sklime` that a module lives in."""
    return name.split(".")[1] if "." in name else "__init__"


def is_for_types_only(node):
    """Whether a statement is an ``if TYPE_CHECKING:``, which no interpreter enters."""
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def imports(tree):
    """All import statements that may run, wherever they stand."""
    never_run = {
        id(inner)
        for node in ast.walk(tree)
        if is_for_types_only(node)
        for statement in node.body
        for inner in ast.walk(statement)
    }
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom)) and id(node) not in never_run
    ]


def imported_names(node):
    """Full names that an import statement mentions."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [f"{node.module}.{alias.name}" for alias in node.names]


def arrows():
    """How many modules of a room import another room, by the pair of rooms."""
    found = Counter()
    for path, tree in TREES.items():
        own = room_of(module_name(path))
        names = [name for node in imports(tree) for name in imported_names(node)]
        rooms = {room_of(name) for name in names if name.startswith("sklime.")}
        found.update((own, room) for room in rooms & RANK.keys() - {own})
    return found


def upward():
    """Pairs of rooms whose imports do not point down."""
    return sorted(pair for pair in arrows() if RANK[pair[0]] <= RANK[pair[1]])


def figures():
    """The house in figures."""
    top = list(PACKAGE.glob("*.py"))
    rooms = {room_of(module_name(path)) for path in TREES}
    return {
        "rooms": len(rooms),
        "floors": len(FLOORS),
        "arrows": len(arrows()),
        "arrows back up": len(upward()),
        "modules at the top": len(top),
    }


if __name__ == "__main__":
    for what, count in figures().items():
        print(f"{what}: {count}")
