"""A pipeline under an order that the test chooses and may end, with the enrolment lane."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from tests.support.forgetting import (
    ALL_PARTITIONS,
    CAMERA,
    LIST,
    STEP,
    FakeSwitch,
    an_order,
    book_with,
    heard,
    signed,
)
from tests.support.pipeline import Pipeline

from lethe.contracts.headings import Heading
from lethe.contracts.keys import Role, TransitKey
from lethe.contracts.orders import DeploymentOrdered, OrderStatus
from lethe.contracts.probe import NO_TRACK, PROBE_BYTES, pack_probe
from lethe.contracts.sealed import ENROLMENT_LANE, Purpose, SealAddress
from lethe.contracts.topic import Topic
from lethe.contracts.topics import PROBE_EXTRACTED
from lethe.purge.custodian import Custodian
from lethe.shredding.clock import instant
from lethe.shredding.holder import Holder
from lethe.shredding.order_check import order_check
from lethe.shredding.sealing import LENGTH_BYTES
from lethe.shredding.suspensions import Suspensions
from lethe.shredding.terms import Reservation, Standing
from lethe.shredding.trust import LocalTrust

ENROLS = Standing(enrols=True)
LOOKS = Standing(transit=TransitKey(key_id="1-transit", public_key=b"", term=1), looks=(CAMERA,))


class LivePath(Pipeline):
    """Ingest and match obey the order, as the services do; detect doesn't know it.

    Parameters
    ----------
    changes
        Of the order.
    """

    def __init__(self, trust: LocalTrust, **changes: object) -> None:
        self.trust = trust
        self.order = an_order(**changes)
        self.book = book_with(trust, self.order)
        self.purges = book_with(trust, self.order)
        super().__init__(trust, order_check=order_check(self.book, Role.MATCH))
        self.holders[Role.DETECT]._order_check = None
        held = LIST.model_copy(update={"content_hash": self.order.watchlist_hash})
        self.standing = replace(ALL_PARTITIONS, lists=(held,))
        self.alert = Holder(
            "alert-1", Role.ALERT, "run-alert", clock=self.clock, switch=FakeSwitch()
        )
        self.custodian = Custodian(
            self.purges,
            Suspensions(self.purges),
            self.clock,
            term="term",
            slots=1,
            entropy=self.witness.entropy,
        )

    def end_order(self) -> None:
        """Let the officer end the deployment."""
        ended = signed(self.trust, self.order, status=OrderStatus.ENDED, serial=2)
        self.hear(ended)

    def hear(self, ordered: DeploymentOrdered) -> None:
        """Let match and purge hear a state."""
        for book in (self.book, self.purges):
            book.hear(ordered, self.clock.wall_us())

    def run_watched_slot(self) -> None:
        """Bring everybody's keys of a slot into their hands while somebody looks at the camera."""
        ticket = self.alert.issue_ticket(LOOKS)
        assert self.custodian.hear(heard(ticket, instant(self.clock)))
        granted = self.grants()
        for role, holder in {**self.holders, Role.ALERT: self.alert}.items():
            assert holder.accept(granted[role])

    def run_enrolment_slot(self) -> None:
        """Bring alert's, detect's and match's keys of the enrolment lane into their hands."""
        holders = [self.alert, self.holders[Role.DETECT], self.holders[Role.MATCH]]
        for holder in holders:
            standing = ENROLS if holder is self.alert else self.standing
            ticket = holder.issue_ticket(standing)
            assert self.custodian.hear(heard(ticket, instant(self.clock)))
        granted = {grant.holder: grant for grant in self.custodian.make()}
        for holder in holders:
            assert holder.accept(granted[holder.instance_id])

    def sealed_probe(
        self,
        template: NDArray[np.float32],
        crop: bytes,
        *,
        camera: str,
        figure: bytes = b"",
        heading: Heading | None = None,
        track: bytes = NO_TRACK,
        pack: str = "",
    ) -> tuple[SealAddress, bytes]:
        """Seal a probe as detect does."""
        room = bytearray(PROBE_BYTES)
        pack_probe(
            memoryview(template.tobytes()),
            memoryview(crop),
            memoryview(room),
            figure=memoryview(figure),
            heading=heading,
            track=track,
            model=pack,
        )
        holder = self.holders[Role.DETECT]
        reservation = holder.reserve(camera, Purpose.PROBE)
        assert reservation is not None, "no key is in hand"
        return self._sealed(
            holder, PROBE_EXTRACTED, reservation, bytes(room), PROBE_BYTES + LENGTH_BYTES
        )

    def sealed_reference(
        self, holder: Holder, topic: Topic, purpose: Purpose, content: bytes
    ) -> tuple[SealAddress, bytes]:
        """Seal a record of the enrolment lane."""
        reservation = holder.reserve(ENROLMENT_LANE, purpose)
        assert reservation is not None, "no key is in hand"
        return self._sealed(holder, topic, reservation, content, STEP)

    def _sealed(
        self, holder: Holder, topic: Topic, reservation: Reservation, content: bytes, step: int
    ) -> tuple[SealAddress, bytes]:
        address = SealAddress(
            deployment_id=reservation.deployment_id,
            order_hash=reservation.order_hash,
            lane=reservation.lane,
            slot=reservation.slot,
            number=reservation.number,
            purpose=reservation.purpose,
            captured=instant(self.clock),
        )
        body = holder.seal(topic.name, address, memoryview(content), step=step)
        holder.finish(address)
        return address, body
