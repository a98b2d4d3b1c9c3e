"""What an untrusted notebook keeps of HTML, and the tree of a page: lists to test against."""

import re
from html.parser import HTMLParser

__all__ = ["VOID", "Page", "sanitized"]

# From the behavior of JupyterLab's sanitizer: what it lets through, in our words.
TAGS = {
    "a",
    "abbr",
    "article",
    "aside",
    "b",
    "bdi",
    "bdo",
    "blockquote",
    "br",
    "caption",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "details",
    "dfn",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "i",
    "img",
    "ins",
    "kbd",
    "li",
    "main",
    "mark",
    "meter",
    "nav",
    "ol",
    "p",
    "pre",
    "progress",
    "q",
    "s",
    "samp",
    "section",
    "small",
    "span",
    "strong",
    "sub",
    "summary",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "time",
    "tr",
    "u",
    "ul",
    "var",
    "wbr",
}
ATTRIBUTES = {
    "class",
    "colspan",
    "datetime",
    "dir",
    "headers",
    "height",
    "hidden",
    "href",
    "lang",
    "open",
    "rowspan",
    "scope",
    "src",
    "start",
    "style",
    "title",
    "width",
    "value",
    "max",
    "min",
}
WITH_CONTENT = {"script", "style", "template", "textarea", "option", "noscript"}
VOID = {"br", "hr", "img", "input", "link", "meta", "wbr", "col"}

COLOR = r"#(?:[0-9a-f]{3}|[0-9a-f]{6})|rgba?\([\d.,% ]+\)|[a-z]+"
LENGTH = r"-?[\d.]+(?:px|%|em|pt)?|auto|0"
STYLES = {
    r"(?:background-)?color": COLOR,
    r"border(?:-(?:top|bottom|left|right))?": (
        rf"(?:{LENGTH})(?: (?:solid|dotted|dashed|none))?(?: (?:{COLOR}))?"
    ),
    r"(?:position|display|float|clear)": r"[a-z-]+",
    r"(?:left|right|top|bottom|width|height|max-width|min-width|gap|font-size|opacity)": (
        rf"(?:{LENGTH})(?: (?:{LENGTH}))?"
    ),
    r"(?:margin|padding)(?:-(?:top|bottom|left|right))?": rf"(?:{LENGTH})(?: (?:{LENGTH})){{0,3}}",
    r"font-weight": r"\d+|bold|normal",
    r"grid-template-columns": r"(?:[\d.]+fr ?)+",
    r"(?:justify-content|flex-wrap|white-space|text-align)": r"[a-z-]+",
}


def allowed_style(style):
    """Return the declarations that survive."""
    kept = []
    for declaration in filter(None, style.split(";")):
        name, _, value = declaration.partition(":")
        for names, values in STYLES.items():
            if re.fullmatch(names, name.strip()) and re.fullmatch(values, value.strip()):
                kept.append(f"{name.strip()}:{value.strip()}")
                break
    return ";".join(kept)


class Page(HTMLParser):
    """Tags, attributes and texts of a page, in order, and whether tags are balanced."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.tags, self.attributes, self.texts, self.styles = [], [], [], []
        self.scripts, self.sheets, self.problems, self.stack = [], [], [], []
        self.titles = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        for name, value in attrs:
            self.attributes.append((tag, name, value))
            if name == "style":
                self.styles.append(value)
            if name == "title":
                self.titles.append(value)
        if tag not in VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.stack.pop()

    def handle_endtag(self, tag):
        if not self.stack or self.stack[-1] != tag:
            optional = {"p", "td", "th", "tr"}
            while self.stack and self.stack[-1] in optional and self.stack[-1] != tag:
                self.stack.pop()
        if self.stack and self.stack[-1] == tag:
            self.stack.pop()
        else:
            self.problems.append(f"</{tag}> inside {self.stack[-3:]}")

    def handle_comment(self, data):
        self.problems.append(f"comment {data[:40]}")

    def handle_data(self, data):
        if self.stack and self.stack[-1] == "script":
            self.scripts.append(data)
        elif self.stack and self.stack[-1] == "style":
            self.sheets.append(data)
        else:
            self.texts.append(data)

    @property
    def text(self):
        return "".join(self.texts)


class _Sanitizer(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=False)
        self.parts, self.skipped = [], 0

    def handle_starttag(self, tag, attrs):
        if tag in WITH_CONTENT:
            self.skipped += 1
        elif not self.skipped and tag in TAGS:
            kept = [(name, value) for name, value in attrs if name in ATTRIBUTES]
            kept = [(n, allowed_style(v) if n == "style" else v) for n, v in kept]
            written = "".join(f' {n}="{(v or "").replace(chr(34), "&quot;")}"' for n, v in kept)
            self.parts.append(f"<{tag}{written}>")

    def handle_endtag(self, tag):
        if tag in WITH_CONTENT:
            self.skipped -= 1
        elif not self.skipped and tag in TAGS:
            self.parts.append(f"</{tag}>")

    def handle_data(self, data):
        # The text of a tag that is not kept stays behind, as in the notebook.
        if not self.skipped:
            self.parts.append(data)

    def handle_entityref(self, name):
        self.handle_data(f"&{name};")

    def handle_charref(self, name):
        self.handle_data(f"&#{name};")


def sanitized(html):
    """Return what an untrusted notebook shows."""
    sanitizer = _Sanitizer()
    sanitizer.feed(html)
    sanitizer.close()
    return "".join(sanitizer.parts)
