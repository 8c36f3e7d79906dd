"""A sealed template in, an enrolled reference out."""

import asyncio

from lethe.contracts.enrolment import ReferenceEnrolled, TemplatePayload
from lethe.contracts.errors import Erased, Refused
from lethe.contracts.sealed import Purpose, SealAddress
from lethe.contracts.topics import REFERENCE_EXTRACTED
from lethe.match.watchlists import Watchlists
from lethe.shredding.holder import Holder
from lethe.shredding.memory import wipe_bytes


class EnrolmentDesk:
    """Opens templates of references and enrols them."""

    def __init__(self, holder: Holder, watchlists: Watchlists) -> None:
        self._holder = holder
        self._watchlists = watchlists

    async def enrol(self, address: SealAddress, sealed: bytes) -> ReferenceEnrolled:
        """Open and enrol one reference.

        Raises
        ------
        Erased, Refused
            If it doesn't open. Erased also if its time was over before it was enrolled: an index
            that doesn't answer is waited for as long as a clear template may live, and no longer.
        InvalidInput
            If what it holds is no template that fits its list.
        Transient
            If the index is out of reach.
        """
        if address.purpose is not Purpose.REFERENCE_TEMPLATE:
            raise Refused("a template is addressed as something else")
        room = memoryview(bytearray(len(sealed)))
        with self._holder.opening(REFERENCE_EXTRACTED.name, address, sealed, room) as content:
            self._holder.supersede(address.lane, Purpose.REFERENCE_TEMPLATE, address.slot)
            body = bytes(content)
            try:
                payload = TemplatePayload.decode(body)
            finally:
                wipe_bytes(body)
            try:
                async with asyncio.timeout(self._holder.left_ms(address) / 1000):
                    return await self._watchlists.enrol(payload)
            except TimeoutError:
                raise Erased("a reference wasn't enrolled before its time was over") from None
            finally:
                wipe_bytes(payload.template)
