"""An outage is told twice, however many ask in vain meanwhile."""

from structlog.testing import capture_logs

from gateway.services.outages import CALM_S, Outages


def test_an_outage_is_told_when_it_begins_and_when_it_is_over() -> None:
    time = [100.0]
    outages = Outages("writes", lambda: time[0])
    with capture_logs() as logs:
        for _ in range(230):
            outages.note("the disk is full", "database or disk is full")
            assert (outages.is_on, outages.is_well) == (True, False)
            time[0] += 0.1
        outages.succeed()
        assert (outages.is_on, outages.is_well) == (True, True), "it went well once, which may be chance"
        time[0] += CALM_S
        outages.succeed()
        assert (outages.is_on, outages.is_well) == (False, True)
    began, ended = logs
    assert began == {
        "event": "outage began",
        "log_level": "error",
        "part": "writes",
        "what": "the disk is full",
        "said": "database or disk is full",
        "since": began["since"],
    }
    assert ended == {
        "event": "outage ended",
        "log_level": "warning",
        "part": "writes",
        "what": "the disk is full",
        "since": began["since"],
        "lasted_s": 23.0,
        "refused": 230,
    }


def test_what_fails_now_and_then_is_one_outage() -> None:
    time = [0.0]
    outages = Outages("writes", lambda: time[0])
    with capture_logs() as logs:
        for _ in range(20):
            outages.note("the disk is full", "said")
            outages.succeed()
            time[0] += CALM_S / 2
            outages.succeed()
    assert [entry["event"] for entry in logs] == ["outage began"]
    assert outages.is_on


def test_the_next_outage_counts_anew() -> None:
    outages = Outages("reads")
    with capture_logs() as logs:
        for refused in (3, 2):
            outages.note("the database is out of reach", "said", refused)
            outages.refuse(1)
            outages.end()
    assert [entry.get("refused") for entry in logs] == [None, 4, None, 3]
