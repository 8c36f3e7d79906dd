"""The plaintext of a sealed probe: a template and what made it, pictures for the officers, where
the person was going and the token of a track, all of one fixed size.
"""

import struct
from dataclasses import dataclass, field

from lethe.contracts.base import InvalidMessage
from lethe.contracts.headings import Heading

PROBE_BYTES = 16 * 1024
"""Every probe has this size before sealing, so that its length tells nothing."""

TRACK_BYTES = 8
NO_TRACK = bytes(TRACK_BYTES)
"""The token of a probe that belongs to no track."""

_HEAD = struct.Struct(f">HI{TRACK_BYTES}s")
_TAIL = struct.Struct(">BI")
"""Behind the crop: the heading's place among all, from 1, and the length of the figure."""
_MODEL_BYTES = 32
"""Behind the figure: the digest of the model pack; zeros of a probe that doesn't say."""
_HEADINGS = tuple(Heading)
_TEMPLATE_LIMIT_BYTES = 4096
"""Room for up to 1,024 float32 values."""
_FIGURE_LEAST_BYTES = 2_200
CROP_LIMIT_BYTES = (
    PROBE_BYTES
    - _HEAD.size
    - _TEMPLATE_LIMIT_BYTES
    - _TAIL.size
    - _FIGURE_LEAST_BYTES
    - _MODEL_BYTES
)
"""The largest crop (JPEG); what it leaves is the figure's."""


def _nothing() -> memoryview:
    """Return an empty view of its own: whoever releases it takes it from nobody else."""
    return memoryview(b"")


@dataclass(frozen=True, slots=True)
class ProbeView:
    """Views into a probe's plaintext; they are valid only while its buffer is.

    Attributes
    ----------
    model
        Digest (SHA-256, hex) of the model pack that made the template; empty where it isn't told.
    crop
        JPEG of the face.
    figure
        JPEG of the upper body; empty when there is none.
    heading
        Where the person was going, if the track was long enough to tell.
    track
        Random bytes that the probes of one track have in common: one person, most likely, as long
        as one camera sees the face. Sealed with the rest, so that nobody else can tell.
    """

    template: memoryview = field(repr=False)
    crop: memoryview = field(repr=False)
    figure: memoryview = field(default_factory=_nothing, repr=False)
    heading: Heading | None = field(default=None, repr=False)
    track: bytes = field(default=NO_TRACK, repr=False)
    model: str = ""

    def release(self) -> None:
        """Let go of the buffer before it is overwritten."""
        for part in (self.template, self.crop, self.figure):
            part.release()


def figure_limit_bytes(template_bytes: int, crop_bytes: int) -> int:
    """Return how large a figure may be beside a template and a crop; never under 2,200 bytes."""
    return PROBE_BYTES - _HEAD.size - template_bytes - crop_bytes - _TAIL.size - _MODEL_BYTES


def pack_probe(
    template: memoryview,
    crop: memoryview,
    into: memoryview,
    *,
    figure: memoryview | None = None,
    heading: Heading | None = None,
    track: bytes = NO_TRACK,
    model: str = "",
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
    figure
        JPEG of the upper body.
    heading
        Where the person was going.
    track
        Token of the track, `TRACK_BYTES` long.
    model
        Digest (SHA-256, hex) of the model pack that made the template.

    Raises
    ------
    InvalidMessage
        If the parts don't fit.
    """
    end_of_crop = _HEAD.size + len(template) + len(crop)
    figure = _nothing() if figure is None else figure
    end_of_figure = end_of_crop + _TAIL.size + len(figure)
    end = end_of_figure + _MODEL_BYTES
    if end > len(into) or len(into) != PROBE_BYTES or len(track) != TRACK_BYTES:
        raise InvalidMessage("a probe's template and pictures don't fit its fixed size")
    _HEAD.pack_into(into, 0, len(template), len(crop), track)
    into[_HEAD.size : _HEAD.size + len(template)] = template
    into[_HEAD.size + len(template) : end_of_crop] = crop
    place = 0 if heading is None else _HEADINGS.index(heading) + 1
    _TAIL.pack_into(into, end_of_crop, place, len(figure))
    into[end_of_crop + _TAIL.size : end_of_figure] = figure
    into[end_of_figure:end] = bytes.fromhex(model) if model else bytes(_MODEL_BYTES)
    into[end:] = bytes(len(into) - end)


def unpack_probe(plaintext: memoryview) -> ProbeView:
    """Return views of a probe's parts; one from before there were figures has none.

    Raises
    ------
    InvalidMessage
        If the lengths don't fit the buffer.
    """
    if len(plaintext) != PROBE_BYTES:
        raise InvalidMessage("a probe hasn't the fixed size")
    template_bytes, crop_bytes, track = _HEAD.unpack_from(plaintext, 0)
    start = _HEAD.size + template_bytes
    end_of_crop = start + crop_bytes
    if end_of_crop > len(plaintext) or template_bytes % 4:
        raise InvalidMessage("a probe's lengths don't fit")
    figure, heading, end = _tail(plaintext, end_of_crop)
    template, crop = plaintext[_HEAD.size : start], plaintext[start:end_of_crop]
    return ProbeView(template, crop, figure, heading, track, _model(plaintext, end))


def _tail(plaintext: memoryview, start: int) -> tuple[memoryview, Heading | None, int]:
    """Return figure, heading and their end; a heading that is none of ours is nobody's loss."""
    if start + _TAIL.size > len(plaintext):
        return _nothing(), None, len(plaintext)
    place, figure_bytes = _TAIL.unpack_from(plaintext, start)
    end = start + _TAIL.size + figure_bytes
    figure = plaintext[start + _TAIL.size : end]
    if len(figure) != figure_bytes:
        raise InvalidMessage("a probe's lengths don't fit")
    return figure, _HEADINGS[place - 1] if 1 <= place <= len(_HEADINGS) else None, end


def _model(plaintext: memoryview, start: int) -> str:
    """Return the digest behind the figure; one from before there was any has zeros there."""
    digest = bytes(plaintext[start : start + _MODEL_BYTES])
    return digest.hex() if any(digest) and len(digest) == _MODEL_BYTES else ""
