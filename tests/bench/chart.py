# SPDX-License-Identifier: MIT
#
# chart.py - the table as a picture
#
# All rows on one axis: how far each is from its target, as a factor, whichever
# way the target goes. Left of the line it is met. A circle is the median, the
# bar behind it goes from the least to the most. Missed ones are squares, and
# the words at the right say it too, for whoever cannot tell the colours.

import math
from xml.sax.saxutils import escape

import report as words

LABEL = 350  # pixels for the titles
PLOT = 330
RESULT = 300
LINE = 26
TOP = 76
BOTTOM = 62
MOST = 5  # powers of two on either side

STYLE = """
text { font: 13px system-ui, "DejaVu Sans", sans-serif; fill: #1b1b1a; }
.surface { fill: #fcfcfb; }
.title { font-size: 17px; font-weight: 600; }
.faint { fill: #6a6a66; font-size: 12px; }
.number { font-variant-numeric: tabular-nums; }
.grid { stroke: #e3e3df; stroke-width: 1; }
.target { stroke: #1b1b1a; stroke-width: 1.5; }
.met { fill: #1f6fb4; }
.missed { fill: #b4481f; }
.range { opacity: 0.35; }
@media (prefers-color-scheme: dark) {
  text { fill: #ecebe8; }
  .surface { fill: #1a1a19; }
  .faint { fill: #a3a29c; }
  .grid { stroke: #353532; }
  .target { stroke: #ecebe8; }
  .met { fill: #62aee8; }
  .missed { fill: #ee8a5c; }
}
"""


def from_target(fields, value):
    """How far that is from the target, in powers of two; below 0 is met."""
    limit = fields["target"]["value"]
    if value <= 0:
        return -MOST if fields["target"]["sign"] == "<=" else MOST
    factor = value / limit
    if fields["target"]["sign"] == ">=":
        factor = 1 / factor
    return max(-MOST, min(MOST, math.log2(factor)))


class Scale:
    """From powers of two to pixels, no wider than the rows need."""

    def __init__(self, rows):
        reached = [
            from_target(fields, fields["result"][key])
            for fields in rows for key in ("min", "median", "max")
        ] or [0]
        self.low = min(-1, math.floor(min(reached)))
        self.high = max(1, math.ceil(max(reached)))

    def x(self, power):
        return LABEL + PLOT * (power - self.low) / (self.high - self.low)

    def ticks(self):
        return range(self.low, self.high + 1)


def tick_text(power):
    if power == 0:
        return "target"
    return f"{2 ** abs(power)}x {'better' if power < 0 else 'worse'}"


def text(x, y, words_, style="", anchor="start"):
    return (f'<text x="{x:.1f}" y="{y:.1f}" class="{style}" '
            f'text-anchor="{anchor}">{escape(words_)}</text>')


def measured(fields, scale, y):
    style = "met" if fields["met"] else "missed"
    ends = sorted(from_target(fields, fields["result"][key])
                  for key in ("min", "max"))
    left, right = (scale.x(end) for end in ends)
    middle = scale.x(from_target(fields, fields["result"]["median"]))
    if fields["met"]:
        mark = f'<circle cx="{middle:.1f}" cy="{y}" r="5.5" class="{style}"/>'
    else:
        mark = (f'<rect x="{middle - 5:.1f}" y="{y - 5}" width="10" '
                f'height="10" class="{style}"/>')
    value = words.columns(fields)[3]
    return [
        f'<rect x="{left:.1f}" y="{y - 2.5}" width="{right - left:.1f}" '
        f'height="5" rx="2.5" class="{style} range"/>',
        mark,
        text(LABEL + PLOT + 18, y + 4.5,
             f"{value}  (target {words.target_text(fields)})", "number"),
        text(LABEL + PLOT + RESULT, y + 4.5,
             "met" if fields["met"] else "missed", "faint", "end"),
    ]


def svg(report):
    rows = report["rows"]
    scale = Scale([fields for fields in rows if "result" in fields])
    width = LABEL + PLOT + RESULT + 16
    end = TOP + LINE * len(rows)
    height = end + BOTTOM
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" '
        f'height="{height}" viewBox="0 0 {width} {height}" role="img">',
        f"<title>uffdlazy {escape(report['version'])}: measured, against its "
        "targets</title>",
        f"<style>{STYLE}</style>",
        f'<rect class="surface" width="{width}" height="{height}"/>',
        text(16, 30, f"uffdlazy {report['version']}: measured, against its "
             "targets", "title"),
        text(16, 50, "Each row is a ratio of two things measured in turn; "
             "left of the line the target is met.", "faint"),
    ]
    for power in scale.ticks():
        x = scale.x(power)
        out.append(f'<line x1="{x:.1f}" y1="{TOP - 8}" x2="{x:.1f}" '
                   f'y2="{end}" class="{"grid" if power else "target"}"/>')
        if power in (scale.low, 0, scale.high):
            out.append(text(x, end + 18, tick_text(power), "faint", "middle"))
    for i, fields in enumerate(rows):
        y = TOP + LINE * i + LINE // 2
        out.append(text(16, y + 4.5, fields["title"]))
        if "result" in fields:
            out += measured(fields, scale, y)
        else:
            why = fields.get("skipped") or "failed"
            out.append(text(LABEL + PLOT + 18, y + 4.5,
                            f"skipped: {why}"[:50], "faint"))
    out.append(text(16, height - 16, words.about(report), "faint"))
    out.append("</svg>")
    return "\n".join(out) + "\n"
