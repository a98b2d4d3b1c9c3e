"""Draw the rooms of the package and who imports whom: ``python doc/make_rooms.py``.

Rooms stand on floors; an arrow leads from a room to one whose modules it imports. All arrows
lead down. The picture is made from the imports in the code. ``utils`` is the ground: nearly every
room imports it, and these arrows are not drawn.
"""

import sys
from pathlib import Path
from xml.etree import ElementTree as ET

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from rooms import FLOORS, arrows, figures

PICTURE = ROOT / "doc" / "images" / "rooms.svg"

# Sizes in pixels.
WIDTH, FLOOR_HEIGHT, MARGIN = 940, 92, 16
ROOM_HEIGHT, CHARACTER_WIDTH = 34, 8.2

GROUND = "utils"

STYLE = """
.floor { fill: #8883; }
.room { fill: #fff; stroke: #444; }
.private { fill: #e8eef7; }
text { font: 14px monospace; text-anchor: middle; fill: #111; }
.caption { font: 13px sans-serif; text-anchor: start; fill: #777; }
path { fill: none; stroke: #4477aa; stroke-opacity: .45; stroke-width: 1.3; }
"""


def places():
    """Left edge, top edge and width of each room."""
    found = {}
    for level, floor in enumerate(FLOORS):
        rooms = sorted(floor)
        widths = [
            CHARACTER_WIDTH * len(room) + 24 if room != GROUND else WIDTH - 4 * MARGIN
            for room in rooms
        ]
        gap = (WIDTH - 2 * MARGIN - sum(widths)) / (len(rooms) + 1)
        left = MARGIN + gap
        for room, width in zip(rooms, widths, strict=True):
            found[room] = (left, MARGIN + level * FLOOR_HEIGHT + 18, width)
            left += width + gap
    return found


def add(parent, tag, text=None, **attributes):
    """Add an element; numbers are rounded, so that the file is the same everywhere."""
    written = {
        name.rstrip("_").replace("_", "-"): value if isinstance(value, str) else f"{value:.1f}"
        for name, value in attributes.items()
    }
    element = ET.SubElement(parent, tag, written)
    element.text = text
    return element


def ports(pairs, index):
    """Order of the arrows of each room, so that they begin and end side by side."""
    found = {}
    for room in {pair[index] for pair in pairs}:
        mine = sorted(
            (pair for pair in pairs if pair[index] == room),
            key=lambda pair: places()[pair[1 - index]][0],
        )
        for position, pair in enumerate(mine):
            found[pair] = (position + 1) / (len(mine) + 1)
    return found


def drawing():
    """The picture as text."""
    where, house = places(), figures()
    pairs = sorted(pair for pair in arrows() if pair[1] != GROUND)
    height = len(FLOORS) * FLOOR_HEIGHT + 3 * MARGIN
    svg = ET.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {WIDTH} {height}",
            "role": "img",
            "aria-label": "Rooms of sklime on their floors, with arrows for imports",
        },
    )
    add(svg, "style", STYLE)
    for level in range(len(FLOORS)):
        top = MARGIN + level * FLOOR_HEIGHT + 10
        add(svg, "rect", class_="floor", x=MARGIN, y=top, width=WIDTH - 2 * MARGIN, height=50, rx=6)
    starts, ends = ports(pairs, 0), ports(pairs, 1)
    for pair in pairs:
        (left, top, width), (to_left, to_top, to_width) = (where[room] for room in pair)
        x, y = left + width * starts[pair], top + ROOM_HEIGHT
        to_x, to_y = to_left + to_width * ends[pair], to_top
        middle = (y + to_y) / 2
        corners = [(x, middle), (to_x, middle), (to_x, to_y)]
        curve = " ".join(f"{across:.1f} {down:.1f}" for across, down in corners)
        add(svg, "path", d=f"M{x:.1f} {y:.1f} C{curve}")
    for room, (left, top, width) in sorted(where.items()):
        kind = "room private" if room.startswith("_") and room != "__init__" else "room"
        add(svg, "rect", class_=kind, x=left, y=top, width=width, height=ROOM_HEIGHT, rx=5)
        add(svg, "text", room, x=left + width / 2, y=top + ROOM_HEIGHT / 2 + 5)
    caption = ", ".join(f"{count} {what}" for what, count in house.items())
    add(svg, "text", caption, class_="caption", x=MARGIN, y=height - MARGIN)
    ET.indent(svg)
    return ET.tostring(svg, encoding="unicode") + "\n"


if __name__ == "__main__":
    PICTURE.write_text(drawing(), encoding="utf-8")
    print(PICTURE.relative_to(ROOT))
