"""Key memory is zeros when nothing is held, and keys are never shared or repeated."""

import ctypes
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from threading import Thread
from types import SimpleNamespace

import hypothesis.strategies as st
import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from tests.support.forgetting import CAMERA, address_of, open_frame
from tests.support.pipeline import Pipeline

from lethe.contracts.errors import Erased
from lethe.contracts.keys import CloseReason, GrantedKey, Role
from lethe.contracts.sealed import NUMBERS_PER_SLOT, Purpose
from lethe.contracts.topics import FRAME_CAPTURED
from lethe.shredding import wrapping
from lethe.shredding.memory import BLOCK_BYTES, SecretArena, wipe, wipe_bytes
from lethe.shredding.sealing import TAG_BYTES, Sealer, padded_bytes
from lethe.shredding.slotkeys import SlotKeys, commitment
from lethe.shredding.trust import LocalTrust
from lethe.shredding.wrapping import UnwrapKey

_SLOT_KEYS = st.binary(min_size=32, max_size=32)


def _slot_keys(
    arena: SecretArena, key: bytes, *, slot: str = "s", lane: str = CAMERA, purpose: Purpose
) -> SlotKeys:
    granted = GrantedKey(
        slot=slot, lane=lane, purpose=purpose, deployment_id="", order_hash="", commitment=b""
    )
    times = {"held_from_us": 0, "wipe_at_us": 1, "dies_at_us": 2}
    return SlotKeys(arena, memoryview(bytearray(key)), granted, **times)


def _keys(held: SlotKeys) -> list[bytes]:
    return [bytes(held.key(number)) for number in range(NUMBERS_PER_SLOT[held.purpose])]


@given(key=_SLOT_KEYS, purpose=st.sampled_from(Purpose))
def test_the_keys_of_a_slot_all_differ_and_none_is_zero(key: bytes, purpose: Purpose) -> None:
    keys = _keys(_slot_keys(SecretArena(), key, purpose=purpose))
    assert len(set(keys)) == NUMBERS_PER_SLOT[purpose]
    assert not any(bytes(32) == k or key == k for k in keys)


@given(key=_SLOT_KEYS)
def test_slots_lanes_and_purposes_share_no_key_even_under_one_slot_key(key: bytes) -> None:
    arena = SecretArena()
    names = [("s", "a"), ("s", "b"), ("sa", ""), ("t", "a")]
    keys = [
        k
        for slot, lane in names
        for purpose in (Purpose.FRAME, Purpose.PROBE)
        for k in _keys(_slot_keys(arena, key, slot=slot, lane=lane, purpose=purpose))
    ]
    assert len(keys) == len(set(keys))


@given(st.lists(st.integers(0, 47), max_size=60))
def test_a_slot_leaves_zeros_however_it_was_used(numbers: list[int]) -> None:
    arena = SecretArena()
    held = _slot_keys(arena, b"k" * 32, purpose=Purpose.FRAME)
    assert not arena.is_clear()
    for number in numbers:
        try:
            held.destroy(number)
        except Erased:
            assert number in held._busy
        with pytest.raises(Erased):
            held.key(number)
    held.close(5, CloseReason.RELEASED)
    assert arena.is_clear()
    assert held.is_over == (not numbers)
    for number in numbers:
        held.finish(number)
    assert held.is_over


def test_a_number_that_was_reserved_and_given_up_is_destroyed() -> None:
    arena = SecretArena()
    held = _slot_keys(arena, b"k" * 32, purpose=Purpose.FRAME)
    number = held.reserve()
    assert number is not None
    held.finish(number)
    with pytest.raises(Erased):
        held.key(number)


def test_a_slot_yields_each_number_once() -> None:
    held = _slot_keys(SecretArena(), b"k" * 32, purpose=Purpose.FRAME)
    count = NUMBERS_PER_SLOT[Purpose.FRAME]
    assert [held.reserve() for _ in range(count + 1)] == [*range(count), None]


@pytest.mark.parametrize("number", [-1, 48, 2**40])
def test_a_number_outside_the_slot_has_no_key(number: int) -> None:
    held = _slot_keys(SecretArena(), b"k" * 32, purpose=Purpose.FRAME)
    with pytest.raises(Erased):
        held.key(number)
    held.finish(number)


def test_the_pages_of_keys_are_locked_and_left_out_of_dumps() -> None:
    block = SecretArena().take()
    address = ctypes.addressof(ctypes.c_char.from_buffer(block))
    flags: set[str] = set()
    inside = False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        if found := re.match(r"([0-9a-f]+)-([0-9a-f]+) ", line):
            inside = int(found[1], 16) <= address < int(found[2], 16)
        elif inside and line.startswith("VmFlags:"):
            flags = set(line.split()[1:])
    # As proc(5) abbreviates them: locked, and excluded from core dumps.
    assert {"lo", "dd"} <= flags


def test_a_block_is_zeros_when_it_is_taken_again() -> None:
    arena = SecretArena()
    blocks = [arena.take() for _ in range(100)]
    for block in blocks:
        block[:] = b"\xff" * BLOCK_BYTES
    for block in blocks:
        arena.give_back(block)
    assert arena.is_clear()
    assert not any(any(arena.take()) for _ in range(100))


def test_a_key_pair_is_made_of_its_seeds_without_a_copy_of_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given: list[memoryview] = []

    def noting(make: Callable[[memoryview], object]) -> Callable[[memoryview], object]:
        def noted(part: memoryview) -> object:
            given.append(part)
            return make(part)

        return noted

    for kind, name in (
        (MLKEM768PrivateKey, "from_seed_bytes"),
        (X25519PrivateKey, "from_private_bytes"),
    ):
        monkeypatch.setattr(
            wrapping, kind.__name__, SimpleNamespace(**{name: noting(getattr(kind, name))})
        )
    seeds = bytes(bytearray(range(96)))
    UnwrapKey.from_seeds(seeds)
    assert [(type(part), part.obj is seeds) for part in given] == [(memoryview, True)] * 2


@given(st.binary(min_size=2))
def test_wiping_leaves_nothing(content: bytes) -> None:
    buffer = bytearray(content)
    wipe(memoryview(buffer))
    assert not any(buffer)
    secret = bytes(bytearray(content))
    wipe_bytes(secret)
    assert secret == bytes(len(content))


def test_a_commitment_names_one_key() -> None:
    assert commitment(b"a" * 32) == commitment(memoryview(b"a" * 32))
    assert commitment(b"a" * 32) != commitment(b"b" * 32)


def test_a_clear_copy_is_overwritten_also_when_its_reader_fails(trust: LocalTrust) -> None:
    pipeline = Pipeline(trust)
    pipeline.run_slot()
    address, sealed = pipeline.captured(b"frame")
    detect, buffer = pipeline.holders[Role.DETECT], bytearray(4096)
    kept: list[np.ndarray] = []

    def read() -> None:
        with detect.opening(FRAME_CAPTURED.name, address, sealed, memoryview(buffer)) as content:
            kept.append(np.frombuffer(content, np.uint8))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        read()
    assert not any(buffer)
    assert not kept[0].any()
    detect.release_all()
    assert detect.holds_nothing()
    assert pipeline.switches[Role.DETECT].at_us is None


def test_an_array_over_a_clear_copy_does_not_keep_it_from_being_overwritten(
    trust: LocalTrust,
) -> None:
    pipeline = Pipeline(trust)
    pipeline.run_slot()
    address, sealed = pipeline.captured(b"frame")
    detect, buffer = pipeline.holders[Role.DETECT], bytearray(4096)
    with detect.opening(FRAME_CAPTURED.name, address, sealed, memoryview(buffer)) as content:
        array = np.frombuffer(content, np.uint8)
        assert array.tobytes() == b"frame"
    assert not array.any()


def test_a_seal_that_fails_midway_spends_its_key(
    trust: LocalTrust, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = Pipeline(trust)
    pipeline.run_slot()
    ingest = pipeline.holders[Role.INGEST]

    def fails(*_args: object, **_options: object) -> bytes:
        raise MemoryError

    reservation = ingest.reserve(CAMERA, Purpose.FRAME)
    assert reservation is not None
    address = address_of(reservation, pipeline.clock.now())
    with monkeypatch.context() as patch:
        patch.setattr(Sealer, "seal", fails)
        with pytest.raises(MemoryError):
            ingest.seal(FRAME_CAPTURED.name, address, memoryview(b"frame"), step=64)
    with pytest.raises(Erased):
        ingest.seal(FRAME_CAPTURED.name, address, memoryview(b"other"), step=64)


@pytest.mark.parametrize(("role", "lane"), [(Role.INGEST, CAMERA), (Role.MATCH, CAMERA)])
def test_everything_is_zeros_after_release(trust: LocalTrust, role: Role, lane: str) -> None:
    pipeline = Pipeline(trust)
    pipeline.run_slot()
    holder = pipeline.holders[role]
    assert holder.holds(lane, Purpose.FRAME if role is Role.INGEST else Purpose.PROBE)
    assert not holder.holds_nothing()
    holder.release_all()
    assert holder.holds_nothing()
    assert pipeline.switches[role].at_us is None


def test_superseded_slots_are_wiped_but_for_the_one_before(trust: LocalTrust) -> None:
    pipeline = Pipeline(trust)
    records = []
    for _ in range(4):
        pipeline.run_slot()
        records.append(pipeline.captured(b"frame"))
    detect = pipeline.holders[Role.DETECT]
    detect.supersede(CAMERA, Purpose.FRAME, records[3][0].slot)
    for address, sealed in records[:2]:
        with pytest.raises(Erased):
            open_frame(detect, address, sealed)
    for address, sealed in records[2:]:
        assert open_frame(detect, address, sealed) == b"frame"
    live = {name[0] for name in pipeline.witness.live_numbers(detect)}
    assert live == {address.slot for address, _ in records[2:]}


@given(st.integers(0, 100_000), st.integers(16, 20_000))
def test_sizes_tell_steps_only(size: int, step: int) -> None:
    padded = padded_bytes(size, step)
    assert padded % step == 0
    assert size + 4 <= padded < size + 4 + step
    assert TAG_BYTES == 16


def test_threads_that_reserve_at_once_get_different_numbers(trust: LocalTrust) -> None:
    pipeline = Pipeline(trust)
    pipeline.run_slot()
    taken: list[int] = []

    def capture() -> None:
        for _ in range(10):
            address, _ = pipeline.captured(b"frame")
            taken.append(address.number)

    threads = [Thread(target=capture) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(a < b for a, b in pairwise(sorted(taken)))
    assert len(taken) == 40


def test_a_sealers_room_is_all_zeros_between_two_records_of_any_size(trust: LocalTrust) -> None:
    pipeline = Pipeline(trust)
    pipeline.run_slot()
    ingest = pipeline.holders[Role.INGEST]
    for size in (10, 200_000, 500):
        reservation = ingest.reserve(CAMERA, Purpose.FRAME)
        assert reservation is not None
        address = address_of(reservation, pipeline.clock.now())
        content = memoryview(b"x" * size)
        sealed = ingest.seal(FRAME_CAPTURED.name, address, content, step=1024)
        assert len(sealed) == padded_bytes(size, 1024) + TAG_BYTES
        assert ingest._sealer.is_clear()
        ingest.finish(address)
