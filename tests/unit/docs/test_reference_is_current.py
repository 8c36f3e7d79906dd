"""The reference says what the code says: settings, options, report fields and messages."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from tests.support.commands import commands
from tests.support.markdown import ROOT, page
from tools.docs_settings import PAGE, SERVICES, settings_page

from lethe.cli.live.account import Account, CameraAccount
from lethe.cli.live.report import Outcome, build_report
from lethe.cli.live.resources import Reading, Resources
from lethe.cli.session.api import AlertRecord
from lethe.contracts.orders import DeploymentOrder, OrderType
from lethe.detect.frames import NO_KEY
from lethe.ingest.tally import DropReason
from lethe.purge.accountant import Accountant
from lethe.shredding.clock import SystemClock
from lethe.vision.extract import ReferenceFault
from lethe.vision.quality import DiscardReason

# Below these the report holds names of things, not fields.
_OPEN = ("faces.discarded", "cameras.*.dropped", "restarts", "versions")
# Their members are described with them.
_TOLD_TOGETHER = ("latency_ms.capture_to_decision", "latency_ms.capture_to_alert")
_VARIES = "…"
_SHORTEST = 4


def test_the_page_of_settings_is_the_generated_one() -> None:
    assert (ROOT / PAGE).read_text() == settings_page(), "run `python tools/docs_settings.py`"


@pytest.mark.parametrize("kind", SERVICES)
def test_every_setting_says_what_it_is(kind: type) -> None:
    fields = kind.model_fields  # type: ignore[attr-defined]
    assert [name for name, field in fields.items() if not (field.title and field.description)] == []


def test_every_option_is_in_the_reference() -> None:
    told = {word for span in page("docs/reference/command-line.md").code() for word in span.split()}
    untold = {
        parameter.opts[0]
        for command in commands().values()
        for parameter in command.params
        if parameter.opts[0].startswith("-")
        and told.isdisjoint((*parameter.opts, *parameter.secondary_opts))
    }
    assert untold == set()


def make_report() -> dict[str, Any]:
    """Build a report whose parts are those of a real run."""
    account = Account.model_validate(Accountant(SystemClock(), budget_ms=1000).account())
    account.cameras["camera-1"] = CameraAccount(offered=1, captured=1)
    alert = AlertRecord(
        alert_id="a",
        camera_id="camera-1",
        subject="Ann",
        score=0.8,
        cosine=0.7,
        captured_at="2026-01-01T00:00:00.000Z",
        published_at="2026-01-01T00:00:00.100Z",
        latency_ms=100.0,
    )
    order = DeploymentOrder(
        deployment_id="local-1",
        type=OrderType.LOCAL,
        use_case="u",
        grounds="g",
        authorised_by="officer",
        camera_ids=["camera-1"],
        starts_at_us=0,
        ends_at_us=1,
        watchlist_id="w",
        watchlist_hash="00",
        watchlist_size=1,
        threshold=0.6,
    )
    resources = Resources(read=lambda _pid: Reading(1.0, 1.0), clock_s=iter((0.0, 1.0)).__next__)
    resources.sample({"detect": 1})
    outcome = Outcome(account, [alert], resources.report(), {"detect": 0}, order, 1.0, [])
    return build_report(outcome)


def fields_of(value: Any, at: str = "") -> Iterator[str]:
    """Yield the dotted path of every field; names of cameras and processes become `*`."""
    if at in _OPEN or at in _TOLD_TOGETHER:
        yield at
    elif isinstance(value, dict):
        for key, inner in value.items():
            name = "*" if at in {"cameras", "services"} else key
            yield from fields_of(inner, f"{at}.{name}" if at else name)
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        yield from fields_of(value[0], f"{at}[]")
    else:
        yield at


def test_every_field_of_the_report_is_in_the_reference_and_no_other() -> None:
    report = make_report()
    there = set(fields_of(report))
    tables = [row[0] for row in page("docs/reference/report.md").cells()]
    told = {span for cell in tables for span in re.findall(r"`([^`]+)`", cell)}
    told = {name for name in told if name.partition(".")[0].removesuffix("[]") in report}
    assert (there - told, told - there) == (set(), set())


def test_every_reason_of_the_report_is_in_the_reference() -> None:
    told = set(page("docs/reference/report.md").code())
    there = {*(each.value for each in DiscardReason), *(each.value for each in DropReason), NO_KEY}
    assert there - told == set()


@cache
def said() -> str:
    """Everything that the code says: its string constants, joined as the parser joins them."""
    files = [*ROOT.glob("libs/*/src/**/*.py"), *ROOT.glob("services/*/src/**/*.py")]
    trees = (ast.parse(file.read_text()) for file in files)
    constants = (
        node.value
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )
    return "\n".join(constants)


def messages() -> list[str]:
    """Return the messages of the reference: first cells that are one piece of code."""
    cells = [row[0] for row in page("docs/reference/errors.md").cells()]
    spans = [found[1] for cell in cells if (found := re.fullmatch(r"`+ ?(.+?) ?`+", cell))]
    return [span for span in spans if " " in span]


@pytest.mark.parametrize("message", messages())
def test_every_message_of_the_reference_is_one_that_the_code_says(message: str) -> None:
    fragments = [part for part in message.split(_VARIES) if len(part.strip()) >= _SHORTEST]
    assert fragments
    assert [part for part in fragments if part not in said()] == []


def test_every_fault_of_a_reference_image_is_in_the_reference() -> None:
    told = "\n".join(messages())
    assert [fault.advice for fault in ReferenceFault if fault.advice not in told] == []
