"""What every message has in common, and its two encodings."""

from typing import Self

import msgpack
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.main import IncEx

from lethe.contracts.errors import InvalidInput

MAX_BODY_BYTES = 8 * 1024 * 1024
"""No body of any topic is larger; a larger one is refused before it is parsed."""


_PACKED_BYTES = 4096
"""Room to pack into, which grows where it is too little. The packer's own 256 kB are overwritten
twice for every message, where what is freed is overwritten: that took longer than the packing."""


class InvalidMessage(InvalidInput):
    """A body that doesn't fit its contract. The message names the contract, never the content."""


class Message(BaseModel):
    """Base of every message.

    Frozen, and tolerant of unknown fields: within a major version fields are only added, so an
    older consumer must be able to read what a newer producer wrote.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        # The text of a validation error would hold what didn't fit.
        hide_input_in_errors=True,
        ser_json_bytes="base64",
        val_json_bytes="base64",
    )

    def encode(self, *, exclude: IncEx | None = None) -> bytes:
        """Return the msgpack body, without the fields of some names, see pydantic."""
        packed: bytes = msgpack.packb(
            self.model_dump(mode="python", exclude=exclude),
            use_bin_type=True,
            buf_size=_PACKED_BYTES,
        )
        return packed

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Read a msgpack body.

        Raises
        ------
        InvalidMessage
            If the body is too large, no msgpack, or doesn't fit the contract.
        """
        if len(body) > MAX_BODY_BYTES:
            raise InvalidMessage(f"{cls.__name__}: a body of {len(body)} bytes is too large")
        try:
            content = msgpack.unpackb(body, raw=False)
            return cls.model_validate(content)
        except (ValueError, ValidationError, msgpack.UnpackException, RecursionError):
            # The cause holds the content, so it isn't chained.
            raise InvalidMessage(f"{cls.__name__}: the body doesn't fit the contract") from None
