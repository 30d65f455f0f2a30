"""The lifecycle: every cell of status, step and party, against the table as the design page has it."""

import re

import pytest

from storage import lifecycle
from storage.lifecycle import DELIVERY, ENDS, OFFER, OPEN, STATUSES, STEPS, IllegalStep, allowed, diagram, fire

PARTIES = ("merchant", "driver", "customer", "operator", "sweep")

# from | step | to | by: copied by hand from the design, not from the code
DESIGN = """
requested | assign | assigned | driver operator
requested | expire | expired | sweep
requested | cancel | cancelled | merchant operator
assigned | cancel | cancelled | merchant operator
expired | cancel | cancelled | merchant operator sweep
expired | retry | requested | merchant operator
assigned | unassign | requested | driver operator sweep
assigned | pick_up | picked_up | driver
picked_up | undo | assigned | driver
picked_up | deliver | delivered | driver operator
delivered | undo | picked_up | driver
picked_up | give_up | returning | driver operator
returning | resume | picked_up | driver merchant
returning | hand_back | returned | merchant operator
picked_up | hand_over | picked_up | operator
returning | hand_over | returning | operator
picked_up | lose | lost | operator
returning | lose | lost | operator
"""
EXPECTED = {
    (status, step, by): to
    for status, step, to, parties in (re.split(r"\s*\|\s*", line) for line in DESIGN.strip().splitlines())
    for by in parties.split()
}
ALL_STEPS = sorted({step for _, step, _ in EXPECTED})
OFFER_EXPECTED = {
    ("open", "accept", "driver"): "accepted",
    ("open", "decline", "driver"): "declined",
    ("open", "expire", "sweep"): "expired",
    **{("open", "withdraw", by): "withdrawn" for by in ("driver", "merchant", "operator", "sweep")},
}


@pytest.mark.parametrize("step", ALL_STEPS)
@pytest.mark.parametrize("status", STATUSES)
def test_every_cell(status: str, step: str) -> None:
    """A step leads where the design says, for whom it says, and raises for everybody else."""
    for by in PARTIES:
        to = EXPECTED.get((status, step, by))
        assert allowed(status, step, by) == (to is not None)
        if to is None:
            with pytest.raises(IllegalStep, match=f"^{by} cannot {step} what is {status}$"):
                fire(DELIVERY, status, step, by)
        else:
            assert fire(DELIVERY, status, step, by) == to


@pytest.mark.parametrize("step", ["accept", "decline", "expire", "withdraw"])
@pytest.mark.parametrize("status", lifecycle.OFFER_STATUSES)
def test_every_cell_of_an_offer(status: str, step: str) -> None:
    """Only an open offer can be ended, each way by its own parties."""
    for by in PARTIES:
        to = OFFER_EXPECTED.get((status, step, by))
        if to is None:
            with pytest.raises(IllegalStep):
                fire(OFFER, status, step, by)
        else:
            assert fire(OFFER, status, step, by) == to


def test_no_more_and_no_less() -> None:
    """The code's table has no row, status or step beyond the design's."""
    assert {(status, step) for status, step, _ in EXPECTED} == set(DELIVERY)
    assert set(STEPS) == set(ALL_STEPS)
    assert set(STATUSES) == {status for status, _, _ in EXPECTED} | set(EXPECTED.values())
    assert {(status, step) for status, step, _ in OFFER_EXPECTED} == set(OFFER)


def test_unknown_words_are_illegal() -> None:
    """A status, step or party that nobody knows raises as an illegal one does."""
    for cell in (("gone", "assign", "driver"), ("requested", "fly", "driver"), ("requested", "assign", "nobody")):
        with pytest.raises(IllegalStep):
            fire(DELIVERY, *cell)


def test_ends_are_ends() -> None:
    """Nothing leads out of an end but the driver's undo, and from everything open an end can be reached."""
    assert {"delivered", "returned", "cancelled", "lost"} == ENDS
    assert set(STATUSES) - ENDS == OPEN
    assert {(status, step) for status, step in DELIVERY if status in ENDS} == {("delivered", "undo")}
    reaching = set(ENDS)
    for _ in STATUSES:
        reaching |= {status for (status, _), way in DELIVERY.items() if way.to in reaching}
    assert reaching == set(STATUSES)


def test_every_status_can_be_reached() -> None:
    """No status of the table is unreachable from a booking."""
    reached = {"requested"}
    for _ in STATUSES:
        reached |= {way.to for (status, _), way in DELIVERY.items() if status in reached}
    assert reached == set(STATUSES)


def test_diagram_names_every_row() -> None:
    """The picture in the README has exactly the table's arrows, each with its steps, a start and the ends."""
    drawn = set()
    for line in diagram().splitlines():
        arrow = re.fullmatch(r" {4}(\w+) --> (\w+): ([\w, ]+)", line)
        if arrow:
            drawn |= {(arrow[1], step, arrow[2]) for step in arrow[3].split(", ")}
    assert drawn == {(status, step, to) for (status, step, _), to in EXPECTED.items()}
    lines = diagram().splitlines()
    assert lines[0] == "stateDiagram-v2"
    assert "    [*] --> requested: book" in lines
    assert {line for line in lines if line.endswith("--> [*]")} == {f"    {end} --> [*]" for end in ENDS}
