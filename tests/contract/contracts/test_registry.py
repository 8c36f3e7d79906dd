"""The topic registry agrees with itself and with the design."""

import re

import pytest

from lethe.contracts.topic import PARTITIONS, Body, Cleanup, Topic, generation_name, partition_for
from lethe.contracts.topics import (
    ALERT_ADJUDICATED,
    ALERT_RAISED,
    CAMERA_ASSIGNED,
    CANDIDATES_FOUND,
    DEPLOYMENT_ORDERED,
    DEPLOYMENT_SUSPENDED,
    FRAME_CAPTURED,
    PROBE_EXTRACTED,
    REFERENCE_ENROLLED,
    REFERENCE_EXTRACTED,
    REFERENCE_SUBMITTED,
    REGISTRY,
    TICKETS,
)

_SERVICES = {"ingest", "detect", "match", "alert", "purge"}
_BY_NAME = pytest.mark.parametrize("topic", REGISTRY, ids=lambda topic: topic.name)


@_BY_NAME
def test_a_topic_is_named_for_its_producer_and_event(topic: Topic) -> None:
    assert re.fullmatch(rf"lethe\.{topic.producer}\.[a-z]+(-[a-z]+)*\.v1", topic.name)
    assert topic.producer in _SERVICES | {"stack"}
    assert set(topic.consumers) <= _SERVICES
    assert topic.consumers or topic in (ALERT_RAISED, ALERT_ADJUDICATED)
    assert len(set(topic.consumers)) == len(topic.consumers)


def test_names_are_unique() -> None:
    assert len({topic.name for topic in REGISTRY}) == len(REGISTRY)


def test_topics_whose_cameras_are_shared_out_have_equal_partition_counts() -> None:
    shared = (CAMERA_ASSIGNED, FRAME_CAPTURED, PROBE_EXTRACTED)
    assert {topic.partitions for topic in shared} == {PARTITIONS}
    assert {topic.key for topic in shared} == {"camera_id", "lane"}


def test_candidate_lists_have_one_partition_since_its_owner_is_the_leading_alert() -> None:
    assert CANDIDATES_FOUND.partitions == 1


@_BY_NAME
def test_sealed_bodies_are_kept_for_seconds(topic: Topic) -> None:
    if topic.body is Body.SEALED:
        assert topic.message is None
        assert (topic.retention_ms, topic.file_delete_delay_ms) == (5_000, 0)
        assert topic.segment_ms <= topic.retention_ms
        assert topic.cleanup is Cleanup.DELETE
        assert topic.rolls


def test_what_comes_with_every_image_does_not_gather_on_a_broker_without_retention() -> None:
    assert REFERENCE_SUBMITTED.rolls
    assert REFERENCE_EXTRACTED.rolls
    assert REFERENCE_ENROLLED.rolls


@_BY_NAME
def test_a_record_key_is_a_field_of_its_message(topic: Topic) -> None:
    nested = {DEPLOYMENT_ORDERED.name: "order", "lethe.purge.key-granted.v1": "holder"}
    if topic.message is not None and topic.key != "none":
        assert nested.get(topic.name, topic.key) in topic.message.model_fields


@_BY_NAME
def test_broker_settings_follow_the_cleanup_policy(topic: Topic) -> None:
    settings = topic.broker_settings()
    assert settings["cleanup.policy"] == topic.cleanup.value
    assert ("retention.ms" in settings) == (topic.cleanup is Cleanup.DELETE)
    assert topic.dead_letters == f"{topic.name}.dlq"
    assert topic.event_type == topic.name


def test_what_must_survive_a_restart_is_compacted_and_nothing_else() -> None:
    compacted = {topic.name for topic in REGISTRY if topic.cleanup is Cleanup.COMPACT}
    assert compacted == {
        topic.name for topic in (DEPLOYMENT_ORDERED, CAMERA_ASSIGNED, DEPLOYMENT_SUSPENDED)
    }
    assert not CANDIDATES_FOUND.rolls


def test_every_holder_has_a_ticket_topic_that_purge_reads() -> None:
    assert set(TICKETS) == _SERVICES - {"purge"}
    assert all(topic.producer == name for name, topic in TICKETS.items())
    assert all("purge" in topic.consumers for topic in TICKETS.values())


def test_partitions_are_those_of_crc32_in_every_language() -> None:
    # CRC-32 of "123456789" is 0xCBF43926 by definition of the algorithm.
    assert partition_for("123456789", 1_000_003) == 0xCBF43926 % 1_000_003


def test_only_rolling_topics_have_generations() -> None:
    assert generation_name(TICKETS["ingest"], 0) == "lethe.ingest.key-ticket.v1"
    assert generation_name(TICKETS["ingest"], 3) == "lethe.ingest.key-ticket.v1.g3"
    assert generation_name(CANDIDATES_FOUND, 3) == CANDIDATES_FOUND.name
