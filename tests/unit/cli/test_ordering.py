"""The local order of a run."""

from pathlib import Path

import pytest

from lethe.cli.home import Home
from lethe.cli.receipts.keys import key_to_pin, receipts_verifier
from lethe.cli.session.cameras import SourceOptions
from lethe.cli.session.ordering import OFFICER, Deployment, local_deployment
from lethe.cli.watchlist.people import Enrolled
from lethe.contracts.errors import InvalidInput, Refused
from lethe.contracts.orders import OrderStatus, watchlist_hash
from lethe.receipts.origins import fingerprint
from lethe.shredding.orders import OrderBook
from lethe.shredding.roster import create_local_trust
from lethe.shredding.trust import LocalTrust, load_local_trust

NOW_US = 1_800_000_000_000_000
PICTURES = [
    Enrolled("subject-a", "aa" * 32),
    Enrolled("subject-a", "bb" * 32),
    Enrolled("subject-b", "cc" * 32),
]


@pytest.fixture
def trust(tmp_path: Path) -> LocalTrust:
    create_local_trust(tmp_path, wall_us=NOW_US)
    return load_local_trust(tmp_path)


@pytest.fixture
def deployment(trust: LocalTrust) -> Deployment:
    return local_deployment(
        cameras=SourceOptions(("/a.mp4", "/b")).cameras(),
        watchlist_id="w",
        enrolled=PICTURES,
        threshold=0.6,
        realtime=False,
        loop=False,
        officer_key_file=trust.key_file(OFFICER),
        receipts_key="ab" * 32,
        wall_us=NOW_US,
    )


def test_the_order_holds_against_this_machines_roster(
    trust: LocalTrust, deployment: Deployment
) -> None:
    book = OrderBook(trust.roster())
    held = book.hear(deployment.running(), NOW_US)
    assert held.is_live(NOW_US)
    assert book.live_order("camera-2", NOW_US) is held
    assert book.live_order("camera-3", NOW_US) is None


def test_the_order_can_be_ended_and_not_begun_again(
    trust: LocalTrust, deployment: Deployment
) -> None:
    book = OrderBook(trust.roster())
    book.hear(deployment.running(), NOW_US)
    assert book.hear(deployment.ended(), NOW_US).status is OrderStatus.ENDED
    with pytest.raises(Refused):
        book.hear(deployment.running(), NOW_US)


def test_the_order_covers_exactly_what_was_enrolled(deployment: Deployment) -> None:
    order = deployment.order
    pairs = [(picture.subject_id, picture.image_sha256) for picture in PICTURES]
    assert order.watchlist_hash == watchlist_hash(pairs)
    assert order.watchlist_size == 2


def test_every_source_is_a_camera_of_its_own(deployment: Deployment) -> None:
    cameras = [(camera.camera_id, camera.source) for camera in deployment.cameras]
    assert cameras == [("camera-1", "/a.mp4"), ("camera-2", "/b")]
    assert deployment.order.camera_ids == ["camera-1", "camera-2"]
    assert not deployment.cameras[0].realtime


def test_the_order_pins_the_key_of_receipts(deployment: Deployment) -> None:
    assert deployment.order.receipts_key == "ab" * 32


def test_the_key_to_pin_is_the_one_that_setup_told_auditors(tmp_path: Path) -> None:
    home = Home(tmp_path)
    create_local_trust(home.trust, wall_us=NOW_US)
    assert key_to_pin(home.trust) is None, "an officer's machine may not know it"
    home.receipts_verifier.write_text(f"{receipts_verifier(home)}\n")
    assert key_to_pin(home.trust) == fingerprint(receipts_verifier(home).public)
    home.receipts_verifier.write_text("something else\n")
    with pytest.raises(InvalidInput, match="holds no verifier key"):
        key_to_pin(home.trust)
