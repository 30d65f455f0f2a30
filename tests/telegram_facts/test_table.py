"""The table of facts is complete and current."""

from tests.telegram_facts.table import README, Topic, proofs, render


def test_the_table_is_what_the_tests_say() -> None:
    """README.md in this folder is made from the tests."""
    assert README.read_text(encoding="utf-8") == render(), "run `uv run python -m tests.telegram_facts.table`"


def test_every_test_of_a_fact_says_how_it_is_known() -> None:
    """Each test here is marked as a fact with at least one reference, and every topic has one."""
    unmarked = [name for file, name, test in proofs() if file != "test_table.py" and not hasattr(test, "fact")]
    assert unmarked == []
    found = [test.__dict__["fact"] for file, _, test in proofs() if file != "test_table.py"]
    assert {fact.topic for fact in found} == set(Topic)
    assert all(fact.references and fact.does for fact in found)
