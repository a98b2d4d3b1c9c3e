"""Make the card with numbered parts of "Getting started": ``python doc/make_annotated.py``.

The examples of the page are run, so that the picture is that of the code above it. Takes Chromium.
"""

import doctest
import json
import os
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "Agg")

from PIL import Image

from sklime.display._notebook import notebook_html

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests"))
from browser import Browser

PAGE = HERE / "guide" / "getting_started.rst"
WIDTH, SCALE, N_COLORS = 820, 2.0, 64

# Selector of each numbered part, and where its number stands beside the text.
PARTS = [
    (".sklime > div:first-child", "right"),
    (".g > div:nth-child(1) > .m", "right"),
    (".g > div:nth-child(2) > .m", "right"),
    (".g > div:nth-child(3) > .m", "right"),
    (".sklime > p", "right"),
    ("thead th:nth-child(1)", "right"),
    ("thead th:nth-child(2)", "left"),
    ("thead th:nth-child(3)", "middle"),
    ("thead th:nth-child(4)", "left"),
    ("tbody tr.m > th", "right"),
    ("tbody tr.s > th", "right"),
]

NUMBER_PARTS = """
((parts, ink, paper) => parts.forEach(([selector, side], index) => {
  const range = document.createRange();
  range.selectNodeContents(document.querySelector(selector));
  const box = range.getBoundingClientRect();
  const left = {
    right: box.right + 6, left: box.left - 23, middle: (box.left + box.right) / 2 - 22,
  }[side];
  const mark = document.createElement("div");
  mark.textContent = index + 1;
  mark.style.cssText = `position:absolute;left:${left}px;top:${(box.top + box.bottom) / 2 - 9}px;
    width:18px;height:18px;border-radius:9px;background:${ink};color:${paper};
    font:bold 11px/18px sans-serif;text-align:center`;
  document.body.append(mark);
}))
"""


def first_explanation():
    """Run the examples of the page, and return its explanation."""
    names = {}
    examples = doctest.DocTestParser().get_examples(PAGE.read_text(encoding="utf-8"))
    for example in examples:
        exec(compile(example.source, str(PAGE), "exec"), names)
        if "explanation" in names:
            return names["explanation"]
    raise ValueError(f"no explanation in {PAGE}")


def main():
    """Write the picture in light and dark colors."""
    card = notebook_html(first_explanation())
    with tempfile.TemporaryDirectory() as name, Browser() as browser:
        path = Path(name) / "page.html"
        for scheme, ink, paper in (("light", "#111", "#fff"), ("dark", "#ddd", "#111")):
            path.write_text(
                f'<!doctype html><html lang="en"><meta charset="utf-8"><title>sklime</title>'
                f'<body style="margin:12px;background:{paper};color:{ink}">{card}',
                encoding="utf-8",
            )
            browser.resize(WIDTH, 100, scale=SCALE)
            browser.open(path)
            browser.run(f"{NUMBER_PARTS}({json.dumps(PARTS)}, '{ink}', '{paper}')")
            picture = HERE / "images" / f"annotated-{scheme}.png"
            browser.picture(picture)
            with Image.open(picture) as full:
                small = full.convert("RGB").quantize(N_COLORS, dither=Image.Dither.NONE)
            small.save(picture, optimize=True)


if __name__ == "__main__":
    main()
