"""What every entry of a log of receipts is: a line of canonical JSON."""

from dataclasses import dataclass
from typing import ClassVar

from lethe.receipts.canonical import encode
from lethe.receipts.fields import declared_fields, number, optional_fields, require_fit

VERSION = 1


@dataclass(frozen=True, slots=True)
class Entry:
    """What every entry says: when it was made."""

    kind: ClassVar[str] = ""

    at_ms: int = number()

    def __post_init__(self) -> None:
        for field_name, declared in declared_fields(type(self)):
            value = getattr(self, field_name)
            require_fit(field_name, declared, list(value) if type(value) is tuple else value)

    def line(self, at_ms: int | None = None) -> bytes:
        """Return the leaf of the log that this entry is, without a newline.

        Parameters
        ----------
        at_ms
            When it is written, of an entry that was made without its time.
        """
        said = {
            field_name: getattr(self, field_name) for field_name, _ in declared_fields(type(self))
        }
        if at_ms is not None:
            require_fit("at_ms", "number", at_ms)
            said["at_ms"] = at_ms
        for field_name in optional_fields(type(self)):
            if not said[field_name]:
                del said[field_name]
        return encode({"kind": self.kind, "v": VERSION, **said})
