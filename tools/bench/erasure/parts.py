"""Which functions of the services count as which part of forgetting."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from tools.bench.erasure.meter import Meter

from lethe.contracts.topics import (
    ERASURE_RECEIPTED,
    FRAME_PROCESSED,
    KEY_GRANTED,
    PROBE_DECIDED,
    SLOT_CLOSED,
)

SEAL, OPEN, KEYS = "seal", "open", "single use"
TICKETS, ACCOUNTING, WIPING = "tickets", "accounting", "wiping"
FORGETTING = (SEAL, OPEN, KEYS, TICKETS, ACCOUNTING)
PARTS = (*FORGETTING, WIPING)

_SENT = {
    KEY_GRANTED.name: TICKETS,
    **dict.fromkeys(
        (each.name for each in (SLOT_CLOSED, FRAME_PROCESSED, PROBE_DECIDED, ERASURE_RECEIPTED)),
        ACCOUNTING,
    ),
}


@dataclass(frozen=True, slots=True)
class Counted:
    """A function, method or context manager that is counted.

    Attributes
    ----------
    kind
        `call`, `coroutine` or `context`.
    service
        The only service that has it; empty for all.
    """

    part: str
    module: str
    name: str
    kind: str = "call"
    service: str = ""


def _of_purge(part: str, module: str, *names: str) -> Iterator[Counted]:
    return (Counted(part, module, name, "coroutine", "purge") for name in names)


_HOLDER, _TRAFFIC = "lethe.shredding.holder", "lethe.shredding.keytraffic"
_MEMORY, _BUFFERS = "lethe.shredding.memory", "lethe.vision.buffers"

# Those that others import by name come first: they are put in place before anybody does.
COUNTED = (
    Counted(WIPING, _MEMORY, "wipe"),
    Counted(WIPING, _MEMORY, "wipe_bytes"),
    Counted(SEAL, "lethe.shredding.wrapping", "wrap"),
    Counted(OPEN, "lethe.shredding.wrapping", "UnwrapKey.unwrap"),
    Counted(WIPING, _BUFFERS, "scrub_array_cache", service="match"),
    Counted(WIPING, _BUFFERS, "WipedBuffer.__init__", service="detect"),
    Counted(WIPING, _BUFFERS, "WipedBuffer.wipe", service="detect"),
    Counted(WIPING, _BUFFERS, "WipedBuffer.__init__", service="ingest"),
    Counted(WIPING, _BUFFERS, "WipedBuffer.wipe", service="ingest"),
    Counted(SEAL, _HOLDER, "Holder.seal"),
    Counted(OPEN, _HOLDER, "Holder.opening", "context"),
    *(
        Counted(KEYS, _HOLDER, f"Holder.{name}")
        for name in ("reserve", "finish", "supersede", "reap", "left_ms", "holds")
    ),
    Counted(TICKETS, _HOLDER, "Holder.issue_ticket"),
    Counted(TICKETS, _TRAFFIC, "KeyTraffic._send_ticket", "coroutine"),
    Counted(TICKETS, _TRAFFIC, "KeyTraffic.on_grant"),
    Counted(ACCOUNTING, "lethe.ingest.tally", "Tally.captured", service="ingest"),
    Counted(ACCOUNTING, "lethe.ingest.tally", "Tally.dropped", service="ingest"),
    Counted(ACCOUNTING, "lethe.ingest.tally", "Tally.drain", service="ingest"),
    Counted(ACCOUNTING, "lethe.ingest.counts", "Counts.tell", "coroutine", service="ingest"),
    Counted(ACCOUNTING, "lethe.detect.handlers", "Handlers._report", "coroutine", service="detect"),
    Counted(
        ACCOUNTING, "lethe.detect.handlers", "Handlers._send_reports", "coroutine", service="detect"
    ),
    Counted(WIPING, "lethe.ingest.sources.buffers", "OwnedImage.wipe", service="ingest"),
    *_of_purge(TICKETS, "lethe.purge.handlers", "Handlers.on_ticket", "Handlers.on_grant"),
    *_of_purge(TICKETS, "lethe.purge.reign", "Reign._grant"),
    Counted(TICKETS, "lethe.shredding.signing", "Signer.sign", service="purge"),
    *_of_purge(
        ACCOUNTING,
        "lethe.purge.handlers",
        *("Handlers.on_slot", "Handlers.on_frame", "Handlers.on_probe", "Handlers.on_erased"),
    ),
    *_of_purge(ACCOUNTING, "lethe.purge.app", "_Parts.settle"),
    *_of_purge(ACCOUNTING, "lethe.purge.receipting", "Receipting._tell", "Receipting._settle"),
    *_of_purge(ACCOUNTING, "lethe.purge.outbox", "ReceiptsOutbox.turn"),
    Counted(ACCOUNTING, "lethe.purge.outbox", "ReceiptsOutbox._next_piece", service="purge"),
    Counted(ACCOUNTING, "lethe.purge.term_log", "TermLog.append", service="purge"),
)


def put_in_place(meter: Meter, service: str) -> None:
    """Have the meter count the functions of a service. Nothing of it may be imported yet."""
    for counted in COUNTED:
        if counted.service in ("", service):
            _replace(meter, counted)
    _replace_send(meter)


def _replace(meter: Meter, counted: Counted) -> None:
    owner, name = find(counted)
    function = getattr(owner, name)
    make: dict[str, Callable[[], Any]] = {
        "call": lambda: meter.call(counted.part, function),
        "coroutine": lambda: meter.coroutine(lambda *_args, **_kwargs: counted.part, function),
        "context": lambda: meter.context(counted.part, function),
    }
    setattr(owner, name, make[counted.kind]())


def find(counted: Counted) -> tuple[Any, str]:
    """Return the module or class that has a function, and the function's name in it."""
    owner: Any = import_module(counted.module)
    *classes, name = counted.name.split(".")
    for each in classes:
        owner = getattr(owner, each)
    return owner, name


def _replace_send(meter: Meter) -> None:
    """Count what is sent to purge and by it, by its topic."""
    publisher = import_module("lethe.runtime.publisher").Publisher

    def part_of(_publisher: Any, topic: Any, *_args: Any, **_kwargs: Any) -> str | None:
        return _SENT.get(topic.name)

    publisher.send = meter.coroutine(part_of, publisher.send)
    publisher.send_all = meter.coroutine(part_of, publisher.send_all)
