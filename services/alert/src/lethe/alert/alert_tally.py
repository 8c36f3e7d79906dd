"""What became of the alerts of a deployment, in numbers."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AlertTally:
    """How many alerts a deployment has, by what became of them.

    Attributes
    ----------
    unresolved
        Erased before anybody decided.
    rehearsals
        About volunteers: none of the others, whatever was decided about them.
    """

    open: int = 0
    true: int = 0
    false: int = 0
    unresolved: int = 0
    rehearsals: int = 0
