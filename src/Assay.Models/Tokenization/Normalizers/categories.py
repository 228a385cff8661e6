"""Writes categories.txt beside this file: general categories as of Unicode 8.0, which BertNormalizer, BertPreTokenizer and Punctuation of the
reference tokenizer use (the crate unicode_categories 0.1.1), from the Unicode Character Database restricted to the code points of 8.0.

    python3 categories.py [/usr/share/unicode]     (Debian: package unicode-data)

Lines: `P FIRST LAST` punctuation; `M FIRST LAST` nonspacing marks; `C FIRST LAST` controls, format characters, private use. All in hexadecimal.
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
    if tuple(map(int, age.split("."))) <= (8, 0):
        first, _, last = points.partition("..")
        known.update(range(int(first, 16), int(last or first, 16) + 1))

# General categories are not stable: what later versions changed, back to what 8.0 said.
CHANGED = {0x166D: "Po", 0x111C9: "Po", 0x1734: "Mn", 0x1885: "Lo", 0x1886: "Lo", 0xA9BD: "Mc"}
found, first = {"P": set(), "M": set(), "C": set()}, 0
for fields in records("UnicodeData.txt"):
    point = int(fields[0], 16)
    if fields[1].endswith("First>"):
        first = point
        continue
    for p in range(first if fields[1].endswith("Last>") else point, point + 1):
        if p not in known:
            continue
        category = CHANGED.get(p, fields[2])
        if category.startswith("P"):
            found["P"].add(p)
        elif category == "Mn":
            found["M"].add(p)
        elif category in ("Cc", "Cf", "Co"):
            found["C"].add(p)

lines = []
for name, points in found.items():
    spans = []
    for p in sorted(points):
        if spans and spans[-1][1] == p - 1:
            spans[-1][1] = p
        else:
            spans.append([p, p])
    lines += [f"{name} {a:X} {b:X}" for a, b in spans]
(Path(__file__).parent / "categories.txt").write_text("\n".join(lines) + "\n")
