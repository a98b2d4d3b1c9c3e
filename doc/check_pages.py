"""Open each built page at two widths, and list the faults that a reader would see.

Run it after ``make -C doc html``: ``python doc/check_pages.py``. It needs Chromium. Faults are
pages that scroll sideways and pictures that are missing.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).parent
sys.path.insert(0, str(ROOT.parent / "tests"))

# isort: split
from browser import Browser

PAGES = ROOT / "_build" / "html"
WIDTHS = (390, 1440)

# How far the page reaches beyond the window, in pixels.
OVERFLOW = "document.documentElement.scrollWidth - window.innerWidth"

# Pictures of the page that did not load, of those that are shown.
MISSING = """Array.from(document.images)
    .filter((image) => image.offsetParent !== null && image.complete && !image.naturalWidth)
    .map((image) => image.getAttribute('src'))"""


def faults(browser, page):
    """Return what is wrong with a page, in words."""
    found = []
    for width in WIDTHS:
        browser.resize(width)
        browser.open(page)
        overflow = browser.run(OVERFLOW)
        if overflow > 0:
            found.append(f"scrolls sideways by {overflow} pixels at a width of {width}")
    return found + [f"has no picture {source}" for source in browser.run(MISSING)]


def main():
    """Print the faults of all pages; fail if there is one, or if there are no pages."""
    # Pages of source code have long lines on purpose, and scroll inside.
    pages = sorted(page for page in PAGES.rglob("*.html") if "_modules" not in page.parts)
    n_faults = 0
    with Browser(timeout=30.0) as browser:
        for page in pages:
            for fault in faults(browser, page):
                n_faults += 1
                print(f"{page.relative_to(PAGES)} {fault}")
    print(f"{len(pages)} pages, {n_faults} faults")
    return bool(n_faults) or not pages


if __name__ == "__main__":
    sys.exit(main())
