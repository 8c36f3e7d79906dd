"""What a purge sent is known when it comes back, for a while."""

from lethe.purge.sent_grants import _MOST_KEPT, SentGrants


def test_what_was_sent_is_known_and_nothing_else_is() -> None:
    sent = SentGrants()
    sent.note(b"one")
    assert b"one" in sent
    assert b"another" not in sent


def test_the_oldest_are_forgotten_so_that_memory_is_bounded() -> None:
    sent = SentGrants()
    for number in range(_MOST_KEPT + 1):
        sent.note(b"%d" % number)
    assert b"0" not in sent
    assert all(b"%d" % number in sent for number in range(1, _MOST_KEPT + 1))
    assert len(sent._bodies) == len(sent._order) == _MOST_KEPT
