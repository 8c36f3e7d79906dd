"""A sealed reference image in, a sealed template or a fault out."""

from lethe.contracts.enrolment import ReferencePayload, TemplatePayload
from lethe.contracts.errors import InvalidInput
from lethe.contracts.sealed import Purpose, SealAddress
from lethe.contracts.topics import REFERENCE_EXTRACTED, REFERENCE_SUBMITTED
from lethe.detect.sealed_record import SealedRecord
from lethe.detect.workbench import Workbench, Workbenches
from lethe.shredding.holder import Holder
from lethe.shredding.memory import wipe_bytes
from lethe.shredding.sealing import FRAME_STEP_BYTES
from lethe.vision.extract import UnusableReference
from lethe.vision.stills import read_still

UNREADABLE = "unreadable"


class ReferenceWorker:
    """Thread-safe: each call takes a workbench of its own."""

    def __init__(self, holder: Holder, benches: Workbenches) -> None:
        self._holder = holder
        self._benches = benches

    def extract(self, address: SealAddress, sealed: bytes) -> SealedRecord | None:
        """Open a reference image and seal its template under the same slot.

        Returns
        -------
        SealedRecord or None
            None when no template key is in hand: whoever submitted tries again.

        Raises
        ------
        Erased, Refused
            If the record doesn't open.
        Halted
            If its time was over before there was a template.
        InvalidInput
            If what it holds is no reference.
        """
        with self._benches.lend() as bench:
            room = bench.opened(len(sealed))
            with self._holder.opening(
                REFERENCE_SUBMITTED.name, address, sealed, room, on_close=bench.extractor.halt.now
            ) as content:
                self._holder.supersede(address.lane, Purpose.REFERENCE_IMAGE, address.slot)
                body = bytes(content)
                try:
                    reference = ReferencePayload.decode(body)
                finally:
                    wipe_bytes(body)
                try:
                    payload = _extracted(bench, reference)
                finally:
                    wipe_bytes(reference.image)
                try:
                    return self._seal(address, payload)
                finally:
                    wipe_bytes(payload.template)

    def _seal(self, image: SealAddress, payload: TemplatePayload) -> SealedRecord | None:
        reservation = self._holder.reserve(image.lane, Purpose.REFERENCE_TEMPLATE, slot=image.slot)
        if reservation is None:
            return None
        address = image.model_copy(
            update={"purpose": Purpose.REFERENCE_TEMPLATE, "number": reservation.number}
        )
        content = payload.encode()
        try:
            body = self._holder.seal(
                REFERENCE_EXTRACTED.name, address, memoryview(content), step=FRAME_STEP_BYTES
            )
        finally:
            wipe_bytes(content)
            self._holder.finish(address)
        return SealedRecord(address, body)


def _extracted(bench: Workbench, reference: ReferencePayload) -> TemplatePayload:
    template, fault = b"", None
    try:
        image = read_still(reference.image)
        try:
            with bench.extractor.extract_reference(image) as extraction:
                # No conversion between: its copy would stay where numpy keeps small arrays.
                template = extraction.templates[0].tobytes()
        finally:
            image.fill(0)
    except UnusableReference as unusable:
        fault = unusable.fault.value
    except InvalidInput:
        fault = UNREADABLE
    return TemplatePayload(
        reference_id=reference.reference_id,
        subject_id=reference.subject_id,
        watchlist_id=reference.watchlist_id,
        image_sha256=reference.image_sha256,
        template=template,
        fault=fault,
        model=bench.model,
    )
