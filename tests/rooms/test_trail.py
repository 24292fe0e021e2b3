"""What changes in place is written down by the database: what it was, who did it, and why."""

from __future__ import annotations

from typing import Any

import pytest

IBAN = "AT611904300234573201"


@pytest.fixture
def paper(people: Any) -> Any:
    """A party on record."""
    from quire.society.parties import actions

    return actions.register_party(code="paper", name="Paper", kind="newspaper", by=people["preparer"])


def test_a_change_has_its_old_and_new_values_its_act_and_whoever_said_so(paper: Any, people: Any) -> None:
    from quire.society.kit import history, trail
    from quire.society.parties import actions

    with trail.because("preparer", "/desk/parties/paper/"):
        actions.change_party(code="paper", name="The Paper", by=people["preparer"])
    [row] = history.changes_of(paper.tid)
    assert row.columns == (("name", "Paper", "The Paper"),)
    assert (row.thing, row.who, row.why, row.removed) == (
        paper.tid, "preparer", "/desk/parties/paper/", False,
    )  # fmt: skip
    assert row.acts == ("parties.change (preparer)",)
    assert row.told == "name: Paper → The Paper"


def test_what_no_action_did_is_written_down_too_bulk_and_removal(paper: Any) -> None:
    from quire.society.kit import history
    from quire.society.kit.models import Change
    from quire.society.parties.models import Identifier, Party

    Identifier.objects.create(party=paper, scheme="isni", value="0000000121032683")
    Party.objects.update(street="High Street")
    Identifier.objects.filter(party=paper).delete()
    assert Change.objects.filter(table="parties_party", now__street="High Street").count() == 1
    gone = Change.objects.get(table="parties_identifier")
    assert gone.removed
    assert gone.was["value"] == "0000000121032683"
    [row] = history.changes_of(paper.tid)
    assert (row.who, row.acts) == ("", ())
    assert row.why.startswith("as ")


def test_bank_numbers_and_passwords_are_written_down_by_their_ends(paper: Any, people: Any) -> None:
    from quire.society.kit.models import Change
    from quire.society.parties import actions

    actions.change_party(code="paper", iban=IBAN, town="Vienna", country="AT", by=people["preparer"])
    changed = Change.objects.get(table="parties_party")
    assert changed.now["iban"] == "AT…3201"
    assert changed.was["iban"] == ""
    user = people["preparer"]
    user.set_password("a long and secret sentence")
    user.save()
    told = Change.objects.filter(table="parties_user").latest("at")
    assert len(told.now["password"]) == 7


def test_coming_by_is_no_change(people: Any) -> None:
    from django.utils import timezone

    from quire.society.kit.models import Change

    before = Change.objects.count()
    user = people["preparer"]
    user.last_login = timezone.now()
    user.save(update_fields=["last_login"])
    user.save()
    assert Change.objects.count() == before


def test_what_is_undone_leaves_no_trail_and_the_trail_is_nobodys_to_write(paper: Any) -> None:
    from django.db import Error, connection, transaction

    from quire.society.kit import walls
    from quire.society.kit.models import Change
    from quire.society.parties.models import Party

    with transaction.atomic():
        Party.objects.update(town="Nowhere")
        transaction.set_rollback(True)
    assert Change.objects.count() == 0
    Party.objects.update(town="Vienna")
    for sql in ("DELETE FROM kit_change", "UPDATE kit_change SET who = 'nobody'"):
        with pytest.raises(Error), transaction.atomic(), connection.cursor() as run:
            run.execute(sql)
    with pytest.raises(Error, match="permission denied"), transaction.atomic():
        Change.objects.all()[0].save(force_insert=True)
    with walls.looking_as(paper.id):
        assert Change.objects.count() == 0


def test_every_table_that_changes_is_trailed_and_the_audit_says_so_where_one_is_not(paper: Any) -> None:
    from quire.society.kit import checks, trail
    from tests.rooms import walls

    known = trail.trailed()
    assert {"parties_party", "parties_seat", "mandates_mandate", "licensing_licence"} <= set(known)
    assert "kit_job" not in known
    assert list(checks.tables_that_change_are_trailed()) == []
    walls.take_down("parties_party")
    [told] = checks.tables_that_change_are_trailed()
    assert "parties_party" in told


def test_commands_say_who_and_which_and_leave_nothing_behind(paper: Any) -> None:
    from quire.society.kit.models import Change
    from quire.society.parties.models import Party
    from tests.small import quire

    for role in ("reader", "admin"):
        quire("user", "seat", "auditor", "paper", "--role", role, "--by", "preparer")
    changed = Change.objects.get(table="parties_seat")
    assert (changed.who, changed.why) == ("preparer", "quire user seat")
    assert (changed.was["role"], changed.now["role"]) == ("reader", "admin")
    Party.objects.update(town="Graz")
    assert Change.objects.filter(table="parties_party").latest("at").who == ""
