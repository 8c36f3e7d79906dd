"""Polling past what no client can take apart: it must not hold up what is behind it."""

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from lethe.contracts.topic import plain_name
from lethe.runtime import metrics
from lethe.runtime.batches import Unreadable, read_by_batch

Batches = dict[TopicPartition, list[ConsumerRecord]]

_log = structlog.get_logger()


class Poller:
    """Brings what a consumer fetched, and counts and passes over what can't be read.

    Attributes
    ----------
    passed_over
        What couldn't be read at the last poll, in the order in which it lies.
    """

    def __init__(self, consumer: AIOKafkaConsumer) -> None:
        read_by_batch()
        self._consumer = consumer
        self.passed_over: dict[TopicPartition, list[Unreadable]] = {}

    async def poll(self, timeout_ms: int) -> Batches:
        """Return what has come; nothing after a while."""
        self.passed_over = {}
        fetched = await self._consumer.getmany(timeout_ms=timeout_ms)
        batches: Batches = {}
        for partition, records in fetched.items():
            if unreadable := [each for each in records if isinstance(each, Unreadable)]:
                self._pass_over(partition, unreadable)
            if readable := [each for each in records if not isinstance(each, Unreadable)]:
                batches[partition] = readable
        return batches

    def _pass_over(self, partition: TopicPartition, unreadable: list[Unreadable]) -> None:
        count = sum(each.end - each.first for each in unreadable)
        self.passed_over[partition] = unreadable
        metrics.RECORDS_UNREADABLE.labels(plain_name(partition.topic)).inc(count)
        _log.warning(
            "record not readable",
            topic=partition.topic,
            partition=partition.partition,
            offset=unreadable[0].first,
            count=count,
            error=unreadable[0].error,
        )
