"""`lethe deployment`: one person drafts, another authorises, and alert gets what both signed."""

import json
import shlex
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.support.forgetting import local_trust
from tests.support.order_desk import DETAILS, HASH, Desk, Service

from lethe.cli.errors import NothingDone
from lethe.contracts.errors import InvalidInput
from lethe.contracts.orders import camera_hash


def test_what_is_drafted_is_shown_and_authorised_by_another(service: Service, desk: Desk) -> None:
    assert desk.drafts().exit_code == 0
    shown = desk.authorises()
    assert shown.exit_code == 0, shown.output
    for said in ("policing the fair", "the north gate", "northtown-7, 3 subjects", "drafter"):
        assert said in shown.output
    for said in (
        "camera gate: rtsp://192.0.2.1/stream, logged in with the secret gate\n",
        "camera gate is read with realtime on, loop off, max_fps 8.0, max_width 1280,",
        "camera gate never looks at 0,0 0.3,0 0,0.25\n",
        "camera gate looks for faces in 0.1,0.3 0.9,0.3 0.9,1\n",
    ):
        assert said in shown.output
    [held] = service.book.live_orders(time.time_ns() // 1000)
    assert (held.order.authorised_by, held.order.watchlist_hash) == ("officer", HASH)
    assert held.order.details_hash == DETAILS
    [camera] = service.cameras
    assert (camera.camera_id, camera.deployment_id, camera.max_fps) == ("gate", "northtown-1", 8)
    assert held.order.camera_hashes == {"gate": camera_hash(camera)}


def test_who_signs_is_said_by_as_whatever_their_key_file_is_called(
    service: Service, desk: Desk
) -> None:
    desk.drafts()
    told = desk.authorises("--as", "officer", "--key", str(desk.copied_key("officer", "bob.key")))
    assert "authorised by officer" in told.output
    [held] = service.book.all_orders()
    assert held.order.authorised_by == "officer"


def test_a_sample_that_has_to_be_checked_is_signed_with_the_rest(
    service: Service, desk: Desk
) -> None:
    desk.drafts()
    assert "sample: none is required" in desk.authorises(answer="n\n").output
    desk.write(sample_least=50, sample_share=0.05)
    desk.drafts()
    said = "sample: 50 subjects and 5% of them checked at least, none wrong"
    assert said in desk.authorises().output
    [held] = service.book.all_orders()
    assert (held.order.sample_least, held.order.sample_share) == (50, 0.05)


def test_that_sightings_are_kept_is_signed_with_the_rest(service: Service, desk: Desk) -> None:
    desk.drafts()
    said = "sightings: only the latest of an alert is kept"
    assert said in desk.authorises(answer="n\n").output
    desk.write(keeps_sightings=True)
    desk.drafts()
    said = "sightings: each of an alert's is kept as long as the alert"
    assert said in desk.authorises().output
    [held] = service.book.all_orders()
    assert held.order.keeps_sightings


def test_a_deployment_is_ended_by_its_name(service: Service, desk: Desk) -> None:
    assert desk.run("end", "fair/1", answer="n\n").exit_code == 1
    assert service.ended == []
    assert "fair/1 has ended" in desk.run("end", "fair/1", answer="y\n").output
    assert service.ended == ["/api/v1/deployments/fair%2F1/end"]


def test_what_a_deployment_searched_is_erased_by_its_name(service: Service, desk: Desk) -> None:
    assert desk.run("erase", "fair/1", answer="n\n").exit_code == 1
    assert service.ended == []
    told = desk.run("erase", "fair/1", answer="y\n")
    assert "the watchlist of fair/1 is erased" in told.output
    assert service.ended == ["/api/v1/deployments/fair%2F1/erasure"]


def test_who_says_no_signs_nothing_and_is_told_so(service: Service, desk: Desk) -> None:
    desk.drafts()
    told = desk.authorises(answer="n\n")
    assert isinstance(told.exception, NothingDone)
    assert "nothing was done" in str(told.exception)
    assert service.book.all_orders() == []


def test_who_may_not_authorise_is_told_so_in_words_before_being_asked(
    service: Service, desk: Desk
) -> None:
    desk.drafts()
    told = desk.authorises("--as", "drafter", answer="y\n")
    said = "signer 'drafter' has the role drafter, not authorising-officer"
    assert str(told.exception) == said
    assert "Authorise it?" not in told.output
    assert service.book.all_orders() == []


def test_a_key_that_is_not_there_is_told_before_the_question(service: Service, desk: Desk) -> None:
    desk.drafts()
    told = desk.authorises("--as", "bob", "--key", "bob.key", answer="y\n")
    assert isinstance(told.exception, InvalidInput)
    assert "signing key bob.key: no such file" in str(told.exception)
    assert "make setup" not in str(told.exception)
    assert "Authorise it?" not in told.output
    assert service.book.all_orders() == []


def test_nobody_authorises_their_own_draft(service: Service, desk: Desk) -> None:
    desk.drafts("--as", "officer")
    told = desk.authorises("--yes")
    assert isinstance(told.exception, InvalidInput)
    assert "authorised by who drafted it" in str(told.exception)
    assert service.book.all_orders() == []


@pytest.mark.parametrize("what", ["content_hash", "details_hash"])
def test_a_watchlist_that_changed_since_needs_another_draft(
    service: Service, desk: Desk, what: str
) -> None:
    desk.drafts()
    service.watchlist[what] = "cd" * 32
    told = desk.authorises("--yes")
    assert "draft it anew" in str(told.exception)
    assert service.book.all_orders() == []


def test_a_watchlist_that_is_not_enrolled_can_not_be_drafted(service: Service, desk: Desk) -> None:
    service.watchlist |= {"settled": False, "content_hash": None}
    assert "isn't enrolled yet" in str(desk.drafts().exception)
    assert not desk.draft.exists()


@pytest.mark.usefixtures("service")
@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"grounds": None}, "grounds"),
        ({"zone": "  "}, "zone"),
        ({"ends_at": datetime(2019, 1, 1, tzinfo=UTC)}, "ends before it starts"),
        ({"starts_at": datetime(2019, 1, 1, tzinfo=UTC)}, "starts before 2020"),
        ({"starts_at": datetime(1969, 1, 1, tzinfo=UTC)}, "starts_at: it is before 1970"),
        ({"ends_at": "tomorrow"}, "ends_at"),
        ({"threshold": 1.5}, "threshold"),
        ({"deployment_id": "a b"}, "deployment_id"),
        ({"officer": "bob"}, "officer"),
        ({"cameras": "none.toml"}, "can't be read"),
    ],
)
def test_an_order_that_can_not_be_is_told_by_field_and_not_drafted(
    desk: Desk, change: dict[str, object], why: str
) -> None:
    desk.write(**change)
    told = desk.drafts()
    assert isinstance(told.exception, InvalidInput)
    assert why in str(told.exception)
    assert not desk.draft.exists()


@pytest.mark.usefixtures("service")
def test_an_order_that_is_no_toml_is_told_with_line_and_column(desk: Desk) -> None:
    desk.order.write_text('zone = "the north gate"\ngrounds: secret')
    told = desk.drafts()
    assert isinstance(told.exception, InvalidInput)
    assert "isn't TOML at line 2, column 8: write lines such as" in str(told.exception)
    assert "secret" not in str(told.exception)


def test_a_key_that_another_program_holds_signs_as_well(service: Service, desk: Desk) -> None:
    program = desk.draft.with_name("signs.py")
    program.write_text(
        "import sys\n"
        "from pathlib import Path\n"
        "from lethe.shredding.signing import Signer\n"
        "signer = Signer.from_file(Path(sys.argv[1]))\n"
        "sys.stdout.buffer.write(signer.sign_message(sys.stdin.buffer.read()))\n"
    )
    command = shlex.join([sys.executable, str(program), str(desk.trust.key_file("officer"))])
    desk.drafts()
    told = desk.authorises("--yes", "--sign-with", command)
    assert told.exit_code == 0, told.exception
    assert len(service.book.all_orders()) == 1


@pytest.mark.usefixtures("service")
@pytest.mark.parametrize(
    ("program", "why"),
    [
        ("false", "gave no signature"),
        ("echo no", "3 bytes instead of the 64"),
        ("/nowhere/signs", "gave no signature"),
        (f"head -c 64 {sys.executable}", "doesn't hold"),
    ],
)
def test_a_program_that_gives_no_signature_is_told(desk: Desk, program: str, why: str) -> None:
    desk.drafts()
    told = desk.authorises("--yes", "--sign-with", program)
    assert isinstance(told.exception, InvalidInput)
    assert why in str(told.exception)


def test_a_file_that_is_no_draft_is_told(service: Service, desk: Desk) -> None:
    for content in ("", "{}", '{"draft": "bm90aGluZw==", "cameras": []}'):
        desk.draft.write_text(content)
        assert "is no draft" in str(desk.authorises("--yes").exception)
    desk.drafts()
    drafted = json.loads(desk.draft.read_text())
    altered = json.loads(desk.draft.read_text())
    altered["cameras"][0]["camera_id"] = "yard"
    desk.draft.write_text(json.dumps(altered))
    assert "other cameras than its order names" in str(desk.authorises("--yes").exception)
    drafted["cameras"][0]["masks"] = []
    desk.draft.write_text(json.dumps(drafted))
    assert "camera gate isn't set as its order says" in str(desk.authorises("--yes").exception)
    assert service.book.all_orders() == []


@pytest.mark.usefixtures("service")
def test_a_draft_that_can_not_be_written_is_told_and_leaves_nothing(desk: Desk) -> None:
    there = sorted(desk.order.parent.iterdir())
    for file in (desk.order / "northtown.draft", desk.order.parent, Path()):
        desk.draft = file
        told = desk.drafts()
        assert isinstance(told.exception, InvalidInput), file
        assert "can't be written" in str(told.exception)
    assert sorted(desk.order.parent.iterdir()) == there


def test_a_trust_folder_without_a_drafter_says_so(tmp_path: Path) -> None:
    trust = local_trust(tmp_path / "trust")
    trust.key_file("drafter").unlink()
    told = Desk(tmp_path, trust).drafts()
    assert isinstance(told.exception, InvalidInput)


@pytest.mark.usefixtures("service")
def test_an_order_is_not_drafted_without_the_key_that_receipts_are_signed_with(desk: Desk) -> None:
    (desk.trust.folder / "receipts.vkey").unlink()
    assert "names the key that receipts are signed with" in str(desk.drafts().exception)
    assert not desk.draft.exists()
