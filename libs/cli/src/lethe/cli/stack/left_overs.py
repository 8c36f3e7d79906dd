"""Orders that a killed run left running on a broker that keeps them.

Two running orders for one camera mean that it isn't captured at all, so a new run first ends what
this machine's officer ordered locally before. Orders of anybody else stay as they are.
"""

from typing import Any

from lethe.contracts.errors import LetheError
from lethe.contracts.orders import DeploymentOrdered, OrderStatus, OrderType
from lethe.contracts.topics import DEPLOYMENT_ORDERED
from lethe.runtime.kept_topic import add, read_whole
from lethe.shredding.authorising import sign_state
from lethe.shredding.orders import HeldOrder, OrderBook
from lethe.shredding.signing import Signer
from lethe.shredding.trust import LocalTrust


async def end_left_overs(options: dict[str, Any], trust: LocalTrust, wall_us: int) -> int:
    """End the local orders that still run; return how many there were.

    Parameters
    ----------
    options
        Those of `BrokerSettings.connection`.
    wall_us
        The present time, UTC in microseconds.
    """
    book = OrderBook(trust.roster())
    for body in await read_whole(options, DEPLOYMENT_ORDERED):
        try:
            book.hear(DeploymentOrdered.decode(body), wall_us)
        except LetheError:
            # Under another root, or over: nobody who trusts this machine's roster obeys it.
            continue
    running = [h for h in book.live_orders(wall_us) if h.order.type is OrderType.LOCAL]
    if running:
        ended = {held.order.deployment_id: _ended(held, trust) for held in running}
        await add(options, DEPLOYMENT_ORDERED, ended)
    return len(running)


def _ended(held: HeldOrder, trust: LocalTrust) -> bytes:
    officer = Signer.from_file(trust.key_file(held.order.authorised_by))
    ended = sign_state(
        held.signed,
        officer,
        status=OrderStatus.ENDED,
        serial=held.serial + 1,
        withdrawn=held.withdrawn,
    )
    return ended.encode()
