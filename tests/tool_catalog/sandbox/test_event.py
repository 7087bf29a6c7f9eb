from tool_catalog.sandbox.event import Event, EventKind, digest_call


def test_a_digest_binds_tool_and_arguments_but_not_their_order() -> None:
    assert digest_call("t", {"a": 1, "b": [2]}) == digest_call("t", {"b": [2], "a": 1})
    found = [
        digest_call(*call)
        for call in (("t", {"a": 1}), ("t", {"a": "1"}), ("u", {"a": 1}), ("t", {"a": [1]}))
    ]
    assert len(set(found)) == 4


def test_an_event_has_the_digest_of_its_call() -> None:
    event = Event(EventKind.CALL, 3, "desk.read", {"id": "n1"}, "whatever it returned")
    assert event.digest == digest_call("desk.read", {"id": "n1"})
    assert event.digest != event._replace(tool="desk.drop").digest
