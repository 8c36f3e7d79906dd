"""Volunteers: people on a watchlist with whom a deployment is tried out, and nobody sought.

The id of a subject says it: the hash that an order names is over ids, so that it is signed, and
alerts carry the id when the list is erased.
"""

CATEGORY = "walk-through volunteer"
"""Of a watchlist; every list has it beside its own."""

MARK = "volunteer-"
"""How the ids of volunteers begin, and no others."""


def is_volunteer(subject_id: str) -> bool:
    """Tell whether a subject is a volunteer."""
    return subject_id.startswith(MARK)
