"""Views of frames for people who look at a camera: at most three in two seconds of each."""

from collections import defaultdict, deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lethe.contracts.errors import Erased, Refused
from lethe.contracts.sealed import Purpose, SealAddress
from lethe.contracts.topics import VIEW_MADE
from lethe.contracts.view import VIEW_BYTES
from lethe.detect.sealed_record import SealedRecord, made_of
from lethe.shredding.holder import Holder
from lethe.shredding.memory import wipe_bytes
from lethe.shredding.sealing import LENGTH_BYTES
from lethe.vision.errors import Halted
from lethe.vision.extraction import Extraction
from lethe.vision.faces import Box
from lethe.vision.faint import FaintFaces
from lethe.vision.view import view_jpeg

_EVERY_MS = 700
"""Of captures: a page has the next one before it has to cover the last, a second after capture."""

_HELD_MS = 400
"""A face that isn't found in one frame is where it was in those just before, or near."""


@dataclass(frozen=True, slots=True)
class _Found:
    """Where faces were in a frame of that shape."""

    frame: SealAddress
    shape: tuple[int, ...]
    boxes: list[Box]


class Views:
    """Makes a view where there is a key for one: none is drawn for a camera that nobody looks at.

    Thread-safe as long as of one camera one frame is processed at a time.
    """

    def __init__(self, holder: Holder) -> None:
        self._holder = holder
        self._last: dict[str, SealAddress] = {}
        self._found: defaultdict[str, deque[_Found]] = defaultdict(deque)

    def sealed(
        self,
        image: NDArray[np.uint8],
        extraction: Extraction,
        faint: FaintFaces,
        frame: SealAddress,
    ) -> SealedRecord | None:
        """Return the view of an open frame, sealed; None where none is due, or none may be made.

        Parameters
        ----------
        image
            The frame: array (height, width, 3) uint8, BGR; isn't changed.
        extraction
            What was found in it.
        faint
            Finds what may be a face beside that.
        """
        self._note(image.shape, extraction, frame)
        if not self._is_due(frame):
            return None
        reservation = self._holder.reserve(frame.lane, Purpose.VIEW, slot=frame.slot)
        if reservation is None:
            return None
        address = made_of(frame, Purpose.VIEW, reservation.number)
        jpeg = b""
        try:
            boxes = faint.boxes(image)
            if boxes is None:
                return None
            boxes += [box for held in self._found[frame.lane] for box in held.boxes]
            jpeg = view_jpeg(image, boxes, limit_bytes=VIEW_BYTES)
            body = self._holder.seal(
                VIEW_MADE.name, address, memoryview(jpeg), step=VIEW_BYTES + LENGTH_BYTES
            )
        except (Erased, Refused, Halted):
            return None
        finally:
            wipe_bytes(jpeg)
            self._holder.finish(reservation)
        self._last[frame.lane] = frame
        return SealedRecord(address, body)

    def _note(self, shape: tuple[int, ...], extraction: Extraction, frame: SealAddress) -> None:
        found = self._found[frame.lane]
        if found and found[-1].shape != shape:
            # Places in a picture of another size aren't places in this one.
            found.clear()
        boxes = [face.box for face in (*extraction.detected, *extraction.unsure)]
        found.append(_Found(frame, shape, boxes))
        while abs(frame.captured.since_ms(found[0].frame.captured)) > _HELD_MS:
            found.popleft()

    def _is_due(self, frame: SealAddress) -> bool:
        last = self._last.get(frame.lane)
        # A camera may come from another machine, whose clock says that it is earlier now.
        return last is None or abs(frame.captured.since_ms(last.captured)) >= _EVERY_MS
