"""Which views of a frame become templates: all of them, or those that a tracker asks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from lethe.contracts.probe import NO_TRACK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lethe.contracts.headings import Heading
    from lethe.vision.faces import Face


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A face of a frame that may be worth a template.

    Attributes
    ----------
    face
        Where it is.
    merit
        How good the view is, 0 to 1; see `lethe.vision.merit`.
    """

    face: Face
    merit: float


class ShotChooser(Protocol):
    """Decides for one frame which of its views are embedded."""

    def choose(self, views: Sequence[View]) -> list[int]:
        """Return the positions of the views to embed, the most wanted first."""
        ...

    def track(self, position: int) -> bytes:
        """Return the token of the track that a chosen view belongs to."""
        ...

    def heading(self, position: int) -> Heading | None:
        """Return where the person of a view is going, as far as that can be told."""
        ...

    def took(self, position: int) -> None:
        """Note that a chosen view became a probe; until then it counts as never tried."""
        ...

    def refused(self, position: int) -> None:
        """Note that a chosen view, seen from near, isn't worth a template."""
        ...


class EveryFace:
    """Embeds every view, and follows nobody."""

    def choose(self, views: Sequence[View]) -> list[int]:
        """Return every position."""
        return list(range(len(views)))

    def track(self, position: int) -> bytes:  # noqa: ARG002 - they are all alike
        """Return the token that stands for no track."""
        return NO_TRACK

    def heading(self, position: int) -> None:
        """Say nothing: one frame doesn't tell."""

    def took(self, position: int) -> None:
        """Forget it at once."""

    def refused(self, position: int) -> None:
        """Forget it at once."""
