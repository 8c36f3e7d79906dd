"""Orders that a killed run left running on a broker that keeps them.

Two running orders for one camera mean that it isn't captured at all, so a new run first ends what
this machine's officer ordered locally before. Orders of anybody else stay as they are.
"""

from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from lethe.contracts.errors import LetheError
from lethe.contracts.orders import DeploymentOrdered, OrderStatus, OrderType
from lethe.contracts.topics import DEPLOYMENT_ORDERED
from lethe.shredding.orders import HeldOrder, OrderBook, sign_order
from lethe.shredding.trust import LocalTrust

_PARTITION = TopicPartition(DEPLOYMENT_ORDERED.name, 0)


async def end_left_overs(options: dict[str, Any], trust: LocalTrust, wall_us: int) -> int:
    """End the local orders that still run; return how many there were.

    Parameters
    ----------
    options
        aiokafka's connection options.
    wall_us
        The present time, UTC in microseconds.
    """
    book = OrderBook(trust.roster())
    for body in await _published(options):
        try:
            book.hear(DeploymentOrdered.decode(body), wall_us)
        except LetheError:
            # Under another root, or over: nobody who trusts this machine's roster obeys it.
            continue
    running = [h for h in book.live_orders(wall_us) if h.order.type is OrderType.LOCAL]
    if running:
        await _publish(options, {h.order.deployment_id: _ended(h, trust) for h in running})
    return len(running)


def _ended(held: HeldOrder, trust: LocalTrust) -> bytes:
    key_file = trust.key_file(held.order.authorised_by)
    serial = held.serial + 1
    return sign_order(held.order, key_file, status=OrderStatus.ENDED, serial=serial).encode()


async def _published(options: dict[str, Any]) -> list[bytes]:
    bodies: list[bytes] = []
    consumer = AIOKafkaConsumer(**options, enable_auto_commit=False)
    await consumer.start()
    try:
        consumer.assign([_PARTITION])
        await consumer.seek_to_beginning(_PARTITION)
        end = (await consumer.end_offsets([_PARTITION]))[_PARTITION]
        while await consumer.position(_PARTITION) < end:
            for records in (await consumer.getmany(timeout_ms=500)).values():
                bodies += [record.value for record in records if record.value]
    finally:
        await consumer.stop()
    return bodies


async def _publish(options: dict[str, Any], bodies: dict[str, bytes]) -> None:
    producer = AIOKafkaProducer(**options)
    await producer.start()
    try:
        for deployment_id, body in bodies.items():
            key = deployment_id.encode()
            await producer.send_and_wait(_PARTITION.topic, body, key=key, partition=0)
    finally:
        await producer.stop()
