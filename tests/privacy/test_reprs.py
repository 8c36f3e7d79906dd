"""The repr of nothing in the tree shows an image, a template or a key."""

import dataclasses
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from pydantic import BaseModel

import lethe
from lethe.vision.buffers import WipedBuffer

_NEEDLE = b"a passer-by's face"
# Bytes that are meant to be seen: they hold nothing and open nothing.
_SHOWN = frozenset({"commitment", "ordered", "public_key", "signature", "ticket_hash"})
_BINARY = re.compile(r"\b(bytes|bytearray|memoryview|NDArray|ndarray|Template|Buffer)\b")


def all_classes() -> Iterator[type]:
    """Give every class that Lethe defines."""
    for found in pkgutil.walk_packages(lethe.__path__, "lethe."):
        if not found.name.endswith("__main__"):
            module = importlib.import_module(found.name)
            for _, kind in inspect.getmembers(module, inspect.isclass):
                if kind.__module__ == found.name:
                    yield kind


def binary_fields(kind: type) -> set[str]:
    """Give the names of the fields that may hold content."""
    if issubclass(kind, BaseModel):
        annotations = {name: str(field.annotation) for name, field in kind.model_fields.items()}
    elif dataclasses.is_dataclass(kind):
        annotations = {field.name: str(field.type) for field in dataclasses.fields(kind)}
    else:
        return set()
    return {name for name, shape in annotations.items() if _BINARY.search(shape)} - _SHOWN


def filled(kind: type) -> object:
    """Make an instance, without its constructor, whose binary fields hold the needle."""
    fields = binary_fields(kind)
    if issubclass(kind, BaseModel):
        empty: dict[str, Any] = dict.fromkeys(kind.model_fields)
        return kind.model_construct(**(empty | dict.fromkeys(fields, _NEEDLE)))
    made = object.__new__(kind)
    for field in dataclasses.fields(kind):  # type: ignore[arg-type]
        object.__setattr__(made, field.name, _NEEDLE if field.name in fields else None)
    return made


_KINDS = sorted(
    {kind for kind in all_classes() if binary_fields(kind)},
    key=lambda kind: (kind.__module__, kind.__qualname__),
)


@pytest.mark.parametrize("kind", _KINDS, ids=lambda kind: f"{kind.__module__}.{kind.__qualname__}")
def test_a_repr_shows_no_content(kind: type) -> None:
    shown = repr(filled(kind))
    assert "passer-by" not in shown


def test_the_walk_meets_what_carries_content() -> None:
    names = {kind.__name__ for kind in _KINDS}
    assert names >= {"Record", "ReferencePayload", "TemplatePayload", "ProbeView", "SealedBlob"}


def test_a_buffer_shows_its_size_only() -> None:
    with WipedBuffer(4096) as buffer:
        buffer.array((len(_NEEDLE),), np.uint8)[:] = np.frombuffer(_NEEDLE, np.uint8)
        assert "passer-by" not in repr(buffer)
        assert "97, " not in repr(buffer)
        assert "4096" in repr(buffer)
