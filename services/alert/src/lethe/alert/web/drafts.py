"""Drafts of orders over HTTP: written, changed, given up, and signed with keys kept elsewhere."""

from base64 import b64encode
from http import HTTPStatus
from typing import Annotated

from pydantic import Base64Bytes, BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from lethe.alert.audit import of_deployments
from lethe.alert.audit.ports import Audit
from lethe.alert.drafts.desk import DraftDesk, Wish, asked_of_drafter
from lethe.alert.drafts.draft import Draft
from lethe.alert.errors import NotFound
from lethe.alert.identity.access import DRAFTS, ORDERS
from lethe.alert.identity.principal import Principal
from lethe.alert.identity.reach import is_within
from lethe.alert.ports import Deployments
from lethe.alert.web.asked import JsonBody, WholeNumber, Word
from lethe.alert.web.bodies import read_model
from lethe.alert.web.gate import Endpoint, principal_of
from lethe.alert.web.versions import required_version, tagged
from lethe.contracts.base import Message
from lethe.contracts.bounds import Name
from lethe.contracts.drafting import OrderWords
from lethe.contracts.errors import Refused
from lethe.contracts.instants import rfc3339
from lethe.contracts.orders import CameraAssigned

_AFTER = Word("after", r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")
_LIMIT = WholeNumber("limit", default=100, low=1, high=1_000)
_OFFICER = Word("officer", r"^[^\x00-\x1f\x7f]{1,200}$")
_MOST_CAMERAS = 1_000
_OF_ORDER = {"deployment_id", "withdrawn"}
"""What the order says of a camera, and not whoever drafts it."""


class DraftCamera(CameraAssigned):
    """A camera of a draft: its deployment is the draft's, and what isn't known is refused."""

    model_config = Message.model_config | ConfigDict(extra="forbid")

    deployment_id: Name = ""


class DraftBody(BaseModel):
    """What an order is to say.

    Attributes
    ----------
    receipts_key
        SHA-256 (hex) of the public key that receipts must be signed with; left open without it.
    """

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    order: OrderWords
    cameras: list[DraftCamera] = Field(min_length=1, max_length=_MOST_CAMERAS)
    receipts_key: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None

    def wish(self) -> Wish:
        """Return it with cameras of its deployment."""
        of_deployment = {"deployment_id": self.order.deployment_id}
        cameras = [
            CameraAssigned(**(each.model_dump(exclude=_OF_ORDER) | of_deployment))
            for each in self.cameras
        ]
        return Wish(self.order, cameras, self.receipts_key)


class DraftSignature(BaseModel):
    """The signature of whoever drafts it: an entry of the roster, and 64 bytes in base64."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    signer: Name
    signature: Base64Bytes = Field(repr=False)


class Authorisation(BaseModel):
    """The signatures of the officer who authorises a draft.

    Attributes
    ----------
    order, state
        Of what `GET` says is to be signed, 64 bytes each in base64.
    """

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    officer: Name
    order: Base64Bytes = Field(repr=False)
    state: Base64Bytes = Field(repr=False)


class DraftEndpoints:
    """How an order comes about, when those who sign it have nothing but HTTP and their keys."""

    def __init__(self, drafts: DraftDesk, deployments: Deployments, audit: Audit) -> None:
        self._drafts = drafts
        self._deployments = deployments
        self._audit = audit

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        one, created, accepted = "/drafts/{deployment_id}", HTTPStatus.CREATED, HTTPStatus.ACCEPTED
        body, signature = JsonBody(DraftBody), JsonBody(DraftSignature)
        signing = f"{one}/authorisation"
        return [
            Endpoint("/drafts", self.page, DRAFTS, query=(_AFTER, _LIMIT)),
            Endpoint("/drafts", self.write, DRAFTS, "POST", takes=body, gives=created),
            Endpoint(one, self.show, DRAFTS),
            Endpoint(one, self.change, DRAFTS, "PUT", takes=body, is_versioned=True),
            Endpoint(one, self.give_up, DRAFTS, "DELETE", gives=HTTPStatus.NO_CONTENT),
            Endpoint(f"{one}/signature", self.sign, DRAFTS, "POST", takes=signature),
            Endpoint(signing, self.asked, ORDERS, query=(_OFFICER,)),
            Endpoint(
                signing,
                self.authorise,
                ORDERS,
                "POST",
                takes=JsonBody(Authorisation),
                gives=accepted,
            ),
        ]

    async def page(self, request: Request) -> Response:
        """Answer with drafts in the order of their deployments' ids, behind one."""
        limit, principal = _LIMIT.read(request), principal_of(request)
        found = await self._drafts.after(_AFTER.read(request), limit)
        last = found[-1].deployment_id if len(found) == limit else None
        told = [_json(each) for each in found if _sees(principal, each)]
        return JSONResponse({"drafts": told, "next": last})

    async def write(self, request: Request) -> Response:
        """Keep a draft: whoever drafts it signs it next."""
        wish, principal = await _wished(request), principal_of(request)
        draft = await self._drafts.write(wish, principal.subject)
        return tagged(_json(draft), draft.revision, HTTPStatus.CREATED)

    async def show(self, request: Request) -> Response:
        """Answer with a draft, and what its drafter is to sign."""
        draft = await self._seen(request)
        return tagged(_json(draft), draft.revision)

    async def change(self, request: Request) -> Response:
        """Write a draft anew, unsigned; If-Match names what was read."""
        revision = required_version(request)
        known, wish = await self._seen(request), await _wished(request)
        author = principal_of(request).subject
        draft = await self._drafts.change(known.deployment_id, wish, author, revision)
        return tagged(_json(draft), draft.revision)

    async def give_up(self, request: Request) -> Response:
        """Give a draft up."""
        await self._drafts.give_up((await self._seen(request)).deployment_id)
        return Response(status_code=HTTPStatus.NO_CONTENT)

    async def sign(self, request: Request) -> Response:
        """Put the drafter's signature to a draft."""
        known, body = await self._seen(request), await read_model(request, DraftSignature)
        author = principal_of(request).subject
        draft = await self._drafts.sign(known.deployment_id, body.signer, body.signature, author)
        return tagged(_json(draft), draft.revision)

    async def asked(self, request: Request) -> Response:
        """Answer with what an officer is to sign, in base64."""
        if not (officer := _OFFICER.read(request)):
            raise HTTPException(400, "officer: say who of the roster is to sign")
        known = await self._seen(request)
        order, state = await self._drafts.asked(known.deployment_id, officer)
        return JSONResponse({"order": _base64(order), "state": _base64(state)})

    async def authorise(self, request: Request) -> Response:
        """Hand in the order of a draft that somebody else wrote, with the officer's signatures."""
        known, body = await self._seen(request), await read_model(request, Authorisation)
        ordered, cameras = await self._drafts.authorised(
            known.deployment_id,
            body.officer,
            (body.order, body.state),
            principal_of(request).subject,
        )
        deployment_id = await self._deployments.order(ordered, list(cameras))
        await self._audit.append(of_deployments.handed_in(deployment_id))
        await self._drafts.settle(known.deployment_id)
        return JSONResponse({"deployment_id": deployment_id}, HTTPStatus.ACCEPTED)

    async def _seen(self, request: Request) -> Draft:
        draft = await self._drafts.find(request.path_params["deployment_id"])
        if not _sees(principal_of(request), draft):
            raise NotFound("there is no draft of this deployment")
        return draft


async def _wished(request: Request) -> Wish:
    """Return what somebody wants to have ordered, if that is within their limits."""
    wish, principal = (await read_model(request, DraftBody)).wish(), principal_of(request)
    if not is_within(principal, wish.words.deployment_id, lambda _: wish.words.area):
        raise Refused("this order's deployment or area isn't within the limits of your token")
    return wish


def _sees(principal: Principal, draft: Draft) -> bool:
    return is_within(principal, draft.deployment_id, lambda _: draft.order.area)


def _base64(content: bytes) -> str:
    return b64encode(content).decode()


def _json(draft: Draft) -> dict[str, object]:
    order, signed = draft.order, draft.signed
    words = order.model_dump(mode="json", include=set(OrderWords.model_fields))
    window = {"starts_at": rfc3339(order.starts_at_us), "ends_at": rfc3339(order.ends_at_us)}
    return {
        "order": words | window,
        "cameras": [each.model_dump(mode="json", exclude=_OF_ORDER) for each in draft.cameras],
        "receipts_key": order.receipts_key,
        "watchlist": {"content_hash": order.watchlist_hash, "subjects": order.watchlist_size},
        "revision": draft.revision,
        "authors": list(draft.authors),
        "signed_by": draft.signer,
        "to_sign": _base64(asked_of_drafter(draft)),
        "draft": None if signed is None else _base64(signed.encode()),
    }
