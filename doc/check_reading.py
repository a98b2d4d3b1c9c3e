"""Check how easy the guide is to read: length of sentences, and words to avoid."""

import re
import sys
from pathlib import Path
from statistics import median

GUIDE = Path(__file__).resolve().parent / "guide"
MOST_MEDIAN = 15  # words per sentence, over the whole guide
BELOW_IN_95_PERCENT = 28

# What readers of English as a second language had to read twice, and what to write instead.
AVOIDED = {
    r"laws?": "distribution, rule",
    r"ask(s|ed|ing)? the model": "call the model",
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


def main(folder, most=0):
    """Print figures per page; return the number of faults. ``most`` longest sentences are shown."""
    lengths, n_faults = [], 0
    print(f"{'page':24}sentences  median  95 %")
    for path in sorted(folder.glob("*.rst")):
        text = path.read_text(encoding="utf-8")
        found = sentences(text)
        of_page = [len(words(sentence)) for sentence in found]
        lengths += of_page
        if of_page:
            figures = f"{len(of_page):9}{median(of_page):8g}{percentile_95(of_page):6}"
            print(f"{path.stem:24}{figures}")
        for sentence in sorted(found, key=lambda text: -len(words(text)))[:most]:
            print(f"    {len(words(sentence))}: {sentence}")
        for avoided, instead in avoided_words(text):
            n_faults += 1
            print(f"    {avoided!r}: write instead: {instead}")
    middle, most_of_all = median(lengths), percentile_95(lengths)
    print(f"{'all':24}{len(lengths):9}{middle:8g}{most_of_all:6}")
    n_faults += (middle > MOST_MEDIAN) + (most_of_all >= BELOW_IN_95_PERCENT)
    print(f"{n_faults} faults")
    return n_faults


if __name__ == "__main__":
    folder = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else GUIDE
    sys.exit(bool(main(folder, int(sys.argv[2]) if len(sys.argv) > 2 else 0)))
