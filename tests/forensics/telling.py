"""What an attack found, in a line and in a table."""

from collections.abc import Sequence

from tests.forensics.attack import Residue
from tests.forensics.limits import Row, beyond, outdated

_HEAD = ("run", "moment", "place", "what", "bytes", "age of the youngest, s")


def summary(found: Sequence[Residue]) -> str:
    """Return one line."""
    if not found:
        return "nothing was found"
    return "; ".join(
        f"{r.kept_bytes:,} bytes of {r.kind} in {r.place}, {r.age_s:.1f} s old" for r in found
    )


def conclude(found: Sequence[Residue], rows: list[Row], faults: Sequence[str]) -> int:
    """Print the table and hold it against what is listed; return the exit code."""
    print(f"\nruns: {', '.join(faults)}")
    print(_table(found) if found else "nothing was found in any of them")
    more, less = beyond(found, rows), outdated(found, rows, faults)
    for residue in more:
        print(f"NOT LISTED: {residue.kind} in {residue.place}, {residue.kept_bytes:,} bytes")
    for row in less:
        print(f"LISTED AND NOT FOUND: {row.kind} in {row.place}; take it out of limits.toml")
    print("as listed" if not more and not less else "not as listed")
    return int(bool(more or less))


def _table(found: Sequence[Residue]) -> str:
    lines = [_HEAD] + [
        (r.fault, r.moment, r.place, r.kind, f"{r.kept_bytes:,}", f"{r.age_s:.1f}") for r in found
    ]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
