"""Makes the cases anew: `python tests/cases/make.py [CASE ...]`, by hand; what it makes is committed.

LibreOffice writes its own moment and version into what it saves, so that the bytes differ each time; what stands in
them does not.  A folder that is named here nowhere was added by hand and is left alone.
"""

from __future__ import annotations

import sys

from making import CASES, Maker  # first: it opens the way to the tests' own modules

# isort: split
import contents
import formats
import identity
import refused
import rows
import supporting


def main(wanted: list[str]) -> int:
    maker = Maker(wanted)
    for family in (formats, identity, rows, contents, refused, supporting):
        family.make(maker)
    maker.lo.quit()
    unknown = set(wanted) - set(maker.made)
    by_hand = {p.parent.name for p in CASES.glob("*/expected.toml")} - set(maker.made)
    print(f"{len(maker.made)} cases; by hand: {', '.join(sorted(by_hand)) or 'none'}")
    if unknown:
        print(f"not made here: {', '.join(sorted(unknown))}", file=sys.stderr)
    return 2 if unknown else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
