"""Check how easy the guide, docstrings and messages are to read: sentences and words to avoid."""

import ast
import importlib
import inspect
import re
import sys
from pathlib import Path
from statistics import median

GUIDE = Path(__file__).resolve().parent / "guide"
PACKAGE = Path(__file__).resolve().parents[1] / "sklime"
MOST_MEDIAN = 15  # words per sentence, over the whole guide or over all docstrings
BELOW_IN_95_PERCENT = 28

# What readers of English as a second language had to read twice, and what to write instead.
AVOIDED = {
    r"laws?": "distribution, rule",
    r"ask(s|ed|ing)? the model|model (is|was) asked": "call the model",
    r"worth": "equal to, useful",
    r"as (it is|they are|it stands)": "unchanged",
    r"of one's own": "your own",
    r"sa(y|ys|id) so": "name what is said",
    r"weight of the weight|is the weight of": "the rule that a weight belongs to",
    r"to see that it moves": "show progress",
    r"suffices? for": "converge within, be enough for",
    r"foretell(s|ing)?": "predict",
    r"read off": "compute from",
    r"know that they are being watched": "hide",
}

# Sections of a docstring: names and types begin at the margin, or nothing is prose.
TYPED = ("Parameters", "Other Parameters", "Attributes", "Returns", "Yields", "Raises", "Warns")
UNREAD = ("See Also", "References")

CODE = ("code-block", "doctest", "testcode", "image", "index", "toctree", "math", "figure", "grid")
PROSE = ("note", "tip", "warning", "important")
ABBREVIATIONS = re.compile(r"\b(e\.g|i\.e|etc|vs|cf|Dr|Jan|No)\.")
SENTENCE_END = re.compile(r"(?<=[.?!])[\"')*]*\s+(?=[\"'(*A-Z0-9]|sklime)")


def indent(line):
    """Return the number of blanks before the text of a line."""
    return len(line) - len(line.lstrip())


def end_of_block(lines, start):
    """Return where the lines end that are indented below the line at ``start``."""
    stop = start + 1
    while stop < len(lines) and (
        not lines[stop].strip() or indent(lines[stop]) > indent(lines[start])
    ):
        stop += 1
    return stop


def without_code(text):
    """Return the lines that are read as text: no examples, literal blocks and pictures."""
    lines, kept, at = text.splitlines(), [], 0
    while at < len(lines):
        line = lines[at].strip()
        directive = re.match(r"\.\. ([\w-]+)::|\.\. _", line)
        if line.startswith(">>>"):
            while at < len(lines) and lines[at].strip():
                at += 1
        elif directive and (directive.group(1) or "index") in CODE:
            at = end_of_block(lines, at)
        elif line.endswith("::") and not directive:
            kept.append(lines[at].replace("::", ":"))
            at = end_of_block(lines, at)
        else:
            kept.append(lines[at])
            at += 1
    return kept


def is_rule(line):
    """Tell whether a line is a rule of a simple table."""
    return bool(re.fullmatch(r"\s*=+( +=+)+", line))


def is_blank(lines, at):
    """Tell whether a line is blank or after the last."""
    return at >= len(lines) or not lines[at].strip()


def without_tables(lines):
    """Return the lines without tables and headings."""
    kept, at = [], 0
    while at < len(lines):
        line = lines[at].strip()
        directive = re.match(r"\.\. ([\w-]+)::", line)
        if directive and directive.group(1) not in PROSE:
            at = end_of_block(lines, at)
        elif directive:
            at += 1
        elif is_rule(line):
            # A table ends at its last rule, the only one that a blank line follows.
            while at < len(lines) and not (is_rule(lines[at]) and is_blank(lines, at + 1)):
                at += 1
            at += 1
        elif re.fullmatch(r"([=~\-^\"])\1{2,}", line):
            if kept:
                kept.pop()
            kept.append("")
            at += 1
        else:
            kept.append(lines[at])
            at += 1
    return kept


def paragraphs(lines):
    """Return the texts of paragraphs and of single items of lists."""
    found, part = [], []

    def close():
        if part:
            found.append(" ".join(part))
            part.clear()

    for before, line in zip(["", *lines], lines):
        is_item = re.match(r"\s*([-*]|#\.|\d+\.) ", line)
        if not line.strip() or is_item or (before.strip() and part and is_definition(before, line)):
            close()
        if line.strip():
            part.append(re.sub(r"^([-*]|#\.|\d+\.) +", "", line.strip()))
    close()
    return found


def is_definition(term, line):
    """Tell whether a line begins the text of a term of a definition list."""
    is_item = re.match(r"\s*([-*]|#\.|\d+\.) ", term)
    return not is_item and indent(line) > indent(term)


def as_read(text):
    """Replace roles and links by the words that a reader sees, and code by one word."""
    text = re.sub(r"``[^`]+``", "CODE", text)
    text = re.sub(r":[\w:]+:`([^`<]+?)(\s*<[^>]*>)?`", r"\1", text)
    text = re.sub(r"`([^`<]+?)(\s*<[^>]*>)?`_*", r"\1", text)
    return re.sub(r"\*\*?", "", text)


def sentences(text):
    """Return the sentences of a page, code replaced by one word each."""
    found = []
    for paragraph in paragraphs(without_tables(without_code(text))):
        paragraph = ABBREVIATIONS.sub(r"\1", as_read(paragraph))
        found += [part.strip() for part in SENTENCE_END.split(paragraph)]
    # One or two words are a term, a name or the bold beginning of a paragraph.
    return [sentence for sentence in found if len(words(sentence)) > 2]


def words(sentence):
    """Return the words of a sentence; a number or a name of code is one."""
    return [word for word in sentence.split() if re.search(r"\w", word)]


def percentile_95(numbers):
    """Return the smallest number that at least 95 % do not exceed."""
    ordered = sorted(numbers)
    return ordered[-(-95 * len(ordered) // 100) - 1]


def avoided_words(text):
    """Return (line of text, what to write instead) for every word to avoid outside of code."""
    found = []
    joined = re.sub(r"``[^`]+``", "CODE", "\n".join(without_code(text)))
    for pattern, instead in AVOIDED.items():
        pattern = rf"\b({pattern})\b".replace(" ", r"\s+")
        for match in re.finditer(pattern, joined, re.IGNORECASE):
            found.append((re.sub(r"\s+", " ", match.group()), instead))
    return found


def docstring_prose(docstring):
    """Return the text of a numpydoc docstring without names, types, links and references."""
    lines, kept, section = inspect.cleandoc(docstring).splitlines(), [], ""
    for line, below in zip(lines, [*lines[1:], ""], strict=True):
        if re.fullmatch(r"-{3,}", below):
            section = line
            kept.append("")
        elif section in UNREAD or re.fullmatch(r"-{3,}", line):
            continue
        elif section in TYPED and line and not line.startswith(" "):
            kept.append("")
        else:
            kept.append(line)
    return "\n".join(kept)


def docstrings_of(name, thing):
    """Yield (name, docstring) of a public object and of its public methods, from this package."""
    if inspect.getdoc(thing) and (inspect.isclass(thing) or inspect.isroutine(thing)):
        yield name, thing.__doc__ or ""
    if inspect.isclass(thing):
        for method in dir(thing):
            found = inspect.getattr_static(thing, method)
            found = getattr(found, "fget", None) or getattr(found, "__func__", None) or found
            module = getattr(found, "__module__", None) or ""
            if not method.startswith("_") and module.startswith(PACKAGE.name + "."):
                yield f"{name}.{method}", getattr(found, "__doc__", None) or ""


def public_modules():
    """Return the names of the package and of its public modules."""
    below = [path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or is_room(path)]
    return [PACKAGE.name, *(f"{PACKAGE.name}.{name}" for name in sorted(below) if name[0] != "_")]


def is_room(path):
    """Tell whether a path is a folder of modules."""
    return (path / "__init__.py").is_file()


def public_docstrings():
    """Return the text of the docstring of everything public, by name; a text of two names once."""
    found, seen = {}, set()
    for module in map(importlib.import_module, public_modules()):
        for public in getattr(module, "__all__", []):
            thing = getattr(module, public)
            for name, docstring in docstrings_of(f"{module.__name__}.{public}", thing):
                if docstring not in seen:
                    seen.add(docstring)
                    found[name] = docstring_prose(docstring)
    return found


def literal_text(node):
    """Return the literal text in an expression; what is filled in is one word."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.FormattedValue):
        return "VALUE"
    # No blank between the parts of a formatted text, one between separate texts.
    joint = "" if isinstance(node, ast.JoinedStr | ast.BinOp) else " "
    return joint.join(filter(None, map(literal_text, ast.iter_child_nodes(node))))


def messages(source):
    """Return (line, text) of every literal of an error raised and of a warning in a module."""
    found = []
    for node in ast.walk(ast.parse(source)):
        is_call = isinstance(node, ast.Call)
        name = getattr(node.func, "attr", getattr(node.func, "id", "")) if is_call else ""
        if isinstance(node, ast.Raise) or name == "warn" or name.endswith("Error"):
            found.append((node.lineno, literal_text(node)))
    return [(line, text) for line, text in dict.fromkeys(found) if text]


def figures(name, lengths):
    """Return the line of a table about the lengths of sentences."""
    return f"{name:24}{len(lengths):9}{median(lengths):8g}{percentile_95(lengths):6}"


def faults_of_text(text):
    """Print the words to avoid of a text; return how many there are."""
    found = avoided_words(text)
    for avoided, instead in found:
        print(f"    {avoided!r}: write instead: {instead}")
    return len(found)


def faults_of_texts(texts, most=0):
    """Print figures of texts by name; return the number of faults."""
    lengths, n_faults = [], 0
    print(f"{'text':24}sentences  median  95 %")
    for name, text in texts.items():
        found = sentences(text)
        of_text = [len(words(sentence)) for sentence in found]
        lengths += of_text
        if of_text:
            print(figures(name, of_text))
        for sentence in sorted(found, key=lambda text: -len(words(text)))[:most]:
            print(f"    {len(words(sentence))}: {sentence}")
        n_faults += faults_of_text(text)
    print(figures("all", lengths))
    n_faults += median(lengths) > MOST_MEDIAN
    n_faults += percentile_95(lengths) >= BELOW_IN_95_PERCENT
    print(f"{n_faults} faults")
    return n_faults


def pages(folder):
    """Return the texts of the pages of a folder, by name."""
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.rst"))}


def main(folder, most=0):
    """Check the pages of a folder; ``most`` longest sentences of each are shown."""
    return faults_of_texts(pages(folder), most)


def check_docstrings(most=0):
    """Check the docstrings of everything public."""
    return faults_of_texts(public_docstrings(), most)


def check_messages(folder=PACKAGE):
    """Print the words to avoid in errors and warnings; return how many there are."""
    n_faults = 0
    for path in sorted(folder.rglob("*.py")):
        for line, text in messages(path.read_text(encoding="utf-8")):
            if avoided_words(text):
                print(f"{path.relative_to(folder.parent)}:{line}")
                n_faults += faults_of_text(text)
    print(f"{n_faults} faults of messages")
    return n_faults


if __name__ == "__main__":
    # The package beside this folder is checked, not one that is installed.
    sys.path.insert(0, str(PACKAGE.parent))
    folder = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else GUIDE
    most = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    sys.exit(bool(main(folder, most) + check_docstrings(most) + check_messages()))
