"""Sending a checkpoint to a witness over HTTP, with the standard library alone."""

import errno
from dataclasses import dataclass
from http.client import HTTPException
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from lethe.receipts.cosignatures import require_witness
from lethe.receipts.errors import BadInput
from lethe.receipts.notes import VerifierKey
from lethe.receipts.submissions import PATH

_TIMEOUT_S = 10
_MOST_ANSWERED = 65_536


@dataclass(frozen=True, slots=True)
class NamedWitness:
    """A witness: where it is reached, and the key of its cosignatures."""

    address: str
    key: VerifierKey

    @classmethod
    def parse(cls, text: str) -> "NamedWitness":
        """Read `ADDRESS KEY`.

        Raises
        ------
        BadInput
            If it isn't that.
        """
        address, _, key = text.strip().partition(" ")
        if not address.startswith(("http://", "https://")):
            raise BadInput("a witness is named as 'ADDRESS KEY', with an http(s) address")
        try:
            return cls(address, require_witness(VerifierKey.parse(key)))
        except BadInput as error:
            raise BadInput(f"a witness is named as 'ADDRESS KEY': {error}") from None


class _Stay(HTTPRedirectHandler):
    """A witness that sends elsewhere isn't the one that was named."""

    def redirect_request(self, *_: object) -> None:
        return None


def ask_witness(address: str, body: bytes) -> tuple[int, str]:
    """Return status and text of a witness's answer to a submission.

    Parameters
    ----------
    address
        http(s) address, its submission prefix.

    Raises
    ------
    OSError
        If it doesn't answer, or with what is no text.
    """
    request = Request(f"{address.rstrip('/')}{PATH}", data=body, method="POST")  # noqa: S310
    try:
        with build_opener(_Stay).open(request, timeout=_TIMEOUT_S) as answer:
            return answer.status, _text(answer.read(_MOST_ANSWERED))
    except HTTPError as error:
        with error:
            return error.code, _text(error.read(_MOST_ANSWERED))
    except URLError as error:
        raise error.reason if isinstance(error.reason, OSError) else error from None
    except (HTTPException, ValueError):
        raise OSError(errno.EPROTO, "its answer or its address is none of HTTP") from None


def _text(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise OSError(errno.EPROTO, "the answer is no text") from None
