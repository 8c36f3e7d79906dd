"""The plaintext of a sealed probe: a template, the crop for the officers and the token of a track,
all of one fixed size.
"""

import struct
from dataclasses import dataclass, field

from lethe.contracts.base import InvalidMessage

PROBE_BYTES = 16 * 1024
"""Every probe has this size before sealing, so that its length tells nothing."""

TRACK_BYTES = 8
NO_TRACK = bytes(TRACK_BYTES)
"""The token of a probe that belongs to no track."""

_HEAD = struct.Struct(f">HI{TRACK_BYTES}s")
CROP_LIMIT_BYTES = PROBE_BYTES - _HEAD.size - 4096
"""The largest crop (JPEG); the rest is room for a template of up to 1,024 float32 values."""


@dataclass(frozen=True, slots=True)
class ProbeView:
    """Views into a probe's plaintext; they are valid only while its buffer is.

    Attributes
    ----------
    track
        Random bytes that the probes of one track have in common: one person, most likely, as long
        as one camera sees the face. Sealed with the rest, so that nobody else can tell.
    """

    template: memoryview = field(repr=False)
    crop: memoryview = field(repr=False)
    track: bytes = field(default=NO_TRACK, repr=False)


def pack_probe(
    template: memoryview, crop: memoryview, into: memoryview, *, track: bytes = NO_TRACK
) -> None:
    """Write a probe's plaintext into a buffer of `PROBE_BYTES`.

    Parameters
    ----------
    template
        float32 values, little-endian, of length 1, as bytes.
    crop
        JPEG of the face.
    into
        Writable, `PROBE_BYTES` long; the rest is filled with zeros.
    track
        Token of the track, `TRACK_BYTES` long.

    Raises
    ------
    InvalidMessage
        If the parts don't fit.
    """
    end = _HEAD.size + len(template) + len(crop)
    if end > len(into) or len(into) != PROBE_BYTES or len(track) != TRACK_BYTES:
        raise InvalidMessage("a probe's template and crop don't fit its fixed size")
    _HEAD.pack_into(into, 0, len(template), len(crop), track)
    into[_HEAD.size : _HEAD.size + len(template)] = template
    into[_HEAD.size + len(template) : end] = crop
    into[end:] = bytes(len(into) - end)


def unpack_probe(plaintext: memoryview) -> ProbeView:
    """Return views of the template and the crop.

    Raises
    ------
    InvalidMessage
        If the lengths don't fit the buffer.
    """
    if len(plaintext) != PROBE_BYTES:
        raise InvalidMessage("a probe hasn't the fixed size")
    template_bytes, crop_bytes, track = _HEAD.unpack_from(plaintext, 0)
    start = _HEAD.size + template_bytes
    if start + crop_bytes > len(plaintext) or template_bytes % 4:
        raise InvalidMessage("a probe's lengths don't fit")
    return ProbeView(plaintext[_HEAD.size : start], plaintext[start : start + crop_bytes], track)
