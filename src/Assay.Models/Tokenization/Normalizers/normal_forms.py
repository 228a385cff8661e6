"""Writes normal-forms.txt beside this file from the Unicode Character Database, restricted to the code points of Unicode 9.0.

    python3 normal_forms.py [/usr/share/unicode]     (Debian: package unicode-data)

Lines: `c CLASS FIRST LAST` canonical combining class; `d POINT MAPPING…` canonical decomposition; `k POINT MAPPING…` compatibility
decomposition; `x POINT` excluded from composition; `m FIRST LAST` combining marks (general category M). All in hexadecimal.
Normal forms are stable, so a later database says the same of the code points that 9.0 has.
"""
import sys
from pathlib import Path

database = Path(sys.argv[1] if len(sys.argv) > 1 else "/usr/share/unicode")


def records(name):
    for line in (database / name).read_text(encoding="utf-8").splitlines():
        fields = [f.strip() for f in line.split("#")[0].split(";")]
        if fields != [""]:
            yield fields


known = set()
for points, age, *_ in records("DerivedAge.txt"):
    if tuple(map(int, age.split("."))) <= (9, 0):
        first, _, last = points.partition("..")
        known.update(range(int(first, 16), int(last or first, 16) + 1))


def ranges(points):
    spans = []
    for p in sorted(points):
        if spans and spans[-1][1] == p - 1:
            spans[-1][1] = p
        else:
            spans.append([p, p])
    return spans


# General categories are not stable: what later versions changed among the marks, back to what 9.0 said.
BECAME_MARK, NO_LONGER_MARK = {0x111C9}, {0x1CF2, 0x1CF3}
classes, marks, lines = {}, [], []
for fields in records("UnicodeData.txt"):
    point = int(fields[0], 16)
    if point not in known:
        continue
    if fields[3] != "0":
        classes.setdefault(int(fields[3]), []).append(point)
    if (fields[2].startswith("M") and point not in BECAME_MARK) or point in NO_LONGER_MARK:
        marks.append(point)
    if fields[5]:
        compatible = fields[5].startswith("<")
        lines.append(f"{'k' if compatible else 'd'} {fields[0]} {fields[5].split('> ')[-1]}")
for number, points in sorted(classes.items()):
    lines += [f"c {number:X} {a:X} {b:X}" for a, b in ranges(points)]
lines += [f"m {a:X} {b:X}" for a, b in ranges(marks)]
excluded = []
for points, name, *_ in records("DerivedNormalizationProps.txt"):
    if name == "Full_Composition_Exclusion":
        first, _, last = points.partition("..")
        excluded += [p for p in range(int(first, 16), int(last or first, 16) + 1) if p in known]
lines += [f"x {p:X}" for p in excluded]
(Path(__file__).resolve().parent / "normal-forms.txt").write_text("\n".join(lines) + "\n")
