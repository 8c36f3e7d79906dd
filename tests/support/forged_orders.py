"""Orders that hold, and such as somebody forges: each is refused for one reason."""

from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.support.forgetting import an_order, drafted, operational, signed, signer_of

from lethe.contracts.orders import DeploymentOrder, DeploymentOrdered
from lethe.contracts.sealed import SignedEnvelope
from lethe.shredding.authorising import authorise, sign_order
from lethe.shredding.signing import Signer
from lethe.shredding.trust import LocalTrust

MINUTE_US = 60_000_000
Window = dict[str, Any]
FORMER = Ed25519PrivateKey.generate()
"""Of an officer whom the roster of before names, and that of now doesn't."""


def _operational(trust: LocalTrust, window: Window) -> DeploymentOrdered:
    return authorise(drafted(trust, **window), signer_of(trust, "officer"))


def _order(ordered: DeploymentOrdered) -> DeploymentOrder:
    return DeploymentOrder.decode(ordered.order.payload)


def _by_its_drafter(trust: LocalTrust, window: Window) -> DeploymentOrdered:
    return authorise(drafted(trust, by="officer", **window), signer_of(trust, "officer"))


def _drafter_invented(trust: LocalTrust, window: Window) -> DeploymentOrdered:
    own = drafted(trust, by="officer", **window).model_copy(update={"signer": "drafter"})
    return authorise(own, signer_of(trust, "officer"))


def _without_a_draft(trust: LocalTrust, window: Window) -> DeploymentOrdered:
    return signed(trust, operational(**window))


def _widened_after_the_draft(trust: LocalTrust, window: Window) -> DeploymentOrdered:
    order = _order(_operational(trust, window))
    return signed(trust, order.model_copy(update={"ends_at_us": order.ends_at_us + MINUTE_US}))


def _altered(trust: LocalTrust, window: Window) -> DeploymentOrdered:
    genuine = _operational(trust, window)
    other = _order(genuine).model_copy(update={"threshold": 0.0}).encode()
    return genuine.model_copy(update={"order": _with(genuine.order, payload=other)})


def _unsigned(trust: LocalTrust, window: Window) -> DeploymentOrdered:
    genuine = signed(trust, an_order(**window))
    return genuine.model_copy(update={"order": _with(genuine.order, signature=bytes(64))})


def _by_a_drafter_alone(trust: LocalTrust, window: Window) -> DeploymentOrdered:
    draft = drafted(trust, by="officer", **window)
    return authorise(draft, signer_of(trust, "drafter"))


def _by_a_service(trust: LocalTrust, window: Window) -> DeploymentOrdered:
    return sign_order(an_order(authorised_by="alert", **window), signer_of(trust, "alert"))


def _of_another_camera(trust: LocalTrust, window: Window) -> DeploymentOrdered:
    return _operational(trust, window | {"camera_ids": ["gate-2"]})


def _with_unsigned_cameras(trust: LocalTrust, window: Window) -> DeploymentOrdered:
    return _operational(trust, window | {"camera_hashes": None})


def _with_too_many_subjects(trust: LocalTrust, window: Window) -> DeploymentOrdered:
    return _operational(trust, window | {"watchlist_size": 100_001})


def _with_anothers_state(trust: LocalTrust, window: Window) -> DeploymentOrdered:
    other = _operational(trust, window | {"deployment_id": "another", "threshold": 0.9})
    return _operational(trust, window).model_copy(update={"state": other.state})


def by_a_former_officer(_trust: LocalTrust, window: Window) -> DeploymentOrdered:
    return sign_order(an_order(authorised_by="former", **window), Signer("former", FORMER))


def _with(envelope: SignedEnvelope, **changes: bytes) -> SignedEnvelope:
    return envelope.model_copy(update=changes)


VALID: tuple[Callable[[LocalTrust, Window], DeploymentOrdered], ...] = (
    _operational,
    lambda trust, window: signed(trust, an_order(**window)),
)
FORGED = (
    _by_its_drafter,
    _drafter_invented,
    _without_a_draft,
    _widened_after_the_draft,
    _altered,
    _unsigned,
    _by_a_drafter_alone,
    _by_a_service,
    _of_another_camera,
    _with_unsigned_cameras,
    _with_too_many_subjects,
    _with_anothers_state,
    by_a_former_officer,
)
