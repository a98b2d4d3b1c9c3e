"""Check that every link between the built pages leads to a page, a file or an anchor there."""

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Page(HTMLParser):
    """The anchors of a page, and what it links to."""

    def __init__(self, path):
        super().__init__()
        self.anchors, self.links = set(), []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        """Collect identifiers and addresses."""
        attributes = dict(attributes)
        self.anchors.update(
            attributes[name] for name in ("id", "name") if attributes.get(name) is not None
        )
        self.links += [attributes[name] for name in ("href", "src") if attributes.get(name)]


def broken_links(folder):
    """Return the number of pages, and (page, link) for every link that leads nowhere."""
    paths = sorted(path for path in folder.rglob("*.html") if "_static" not in path.parts)
    pages = {path: Page(path) for path in paths}
    broken = []
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            fragment = unquote(parts.fragment)
            is_anchor_missing = target in pages and fragment not in {"", *pages[target].anchors}
            if not target.exists() or is_anchor_missing:
                broken.append((path, link))
    return len(pages), broken


if __name__ == "__main__":
    folder = Path(sys.argv[1]).resolve()
    n_pages, broken = broken_links(folder)
    for path, link in broken:
        print(f"{path.relative_to(folder)}: {link} leads nowhere")
    print(f"{n_pages} pages, {len(broken)} broken links")
    sys.exit(bool(broken) or n_pages == 0)
