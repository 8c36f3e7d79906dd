"""The file in which somebody writes down what an order is to say."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from lethe.cli.toml_file import read_toml
from lethe.contracts.drafting import OrderWords
from lethe.contracts.errors import InvalidInput
from lethe.contracts.orders import CameraAssigned, DeploymentOrder

_LARGEST_FILE = 256 * 1024
_HINT = 'write lines such as zone = "the north gate"'


class Watchlist(BaseModel):
    """What alert says of a watchlist, as far as an order names it."""

    model_config = ConfigDict(extra="ignore")

    subjects: int
    settled: bool
    content_hash: str | None = None
    details_hash: str | None = None


class OrderFile(OrderWords):
    """What an order is to say.

    Attributes
    ----------
    cameras
        A camera file, relative to this one.
    """

    cameras: Path

    def of_list(
        self, cameras: list[CameraAssigned], watchlist: Watchlist, receipts_key: str | None
    ) -> DeploymentOrder:
        """Return the order as it is drafted.

        Raises
        ------
        InvalidInput
            If the watchlist isn't ready.
        """
        if not watchlist.settled or watchlist.content_hash is None:
            raise InvalidInput(f"{self.watchlist_id} isn't enrolled yet: wait, and draft it then")
        return self.draft(
            cameras,
            watchlist.content_hash,
            watchlist.subjects,
            receipts_key,
            watchlist.details_hash,
        )


def read_order_file(file: Path) -> OrderFile:
    """Read a TOML file with the fields of `OrderFile`.

    Raises
    ------
    InvalidInput
        One line that says which fields don't fit, and why, or where it isn't TOML.
    """
    try:
        return OrderFile.model_validate(read_toml(file, _LARGEST_FILE, _HINT))
    except OSError as error:
        raise InvalidInput(f"{file} can't be read: {error.strerror}") from None
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        told = "; ".join(f"{'.'.join(map(str, f['loc']))}: {f['msg']}" for f in faults)
        raise InvalidInput(f"{file}: {told}") from None
