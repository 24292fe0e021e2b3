"""Money that is too much, too early, or under a name that is taken: refused in a sentence, or paid right."""

from __future__ import annotations

from datetime import date

import pytest

from quire.core.errors import QuireError
from tests.rooms import test_fx, test_lumps
from tests.rooms.distribution_desk import Desk
from tests.rooms.test_fx import record
from tests.rooms.test_lumps import REED, TIDE, A, B, Lumps, shown

built, desk, euro, lumps = test_fx.built, test_fx.desk, test_fx.euro, test_lumps.lumps


def test_more_than_the_books_can_keep_is_refused_when_the_run_is_opened(euro: Desk) -> None:
    from quire.society.distribution.models import Run

    record(euro, "999999999999")
    euro.receive("R-9", "9999999999999999999999999.00", "south-2026")
    with pytest.raises(QuireError, match="more than the books can keep"):
        euro.opened()
    assert not Run.objects.exists()


def test_late_claims_wait_until_the_rounds_before_them_are_posted(lumps: Lumps) -> None:
    from quire.society.distribution import actions
    from quire.society.invoicing.errors import NotYet

    lumps.agree()
    lumps.claim(A, B)
    lumps.receive("1000.00", "S-1")
    lumps.on("2026-06-01")
    lumps.distribute()
    lumps.receive("2000.00", "S-2")
    lumps.claim(TIDE)
    pending = actions.open_lump_run(lumps.name, by=lumps.desk.preparer)
    lumps.claim(REED)
    with pytest.raises(NotYet, match="is being distributed"):
        lumps.distribute()
    lumps.desk.close(actions.work(pending, by=lumps.desk.preparer))
    runs = [shown(lumps.distribute()) for _ in range(2)]
    # Of 1,000 the two works had 400 each; of 2,000 the three 533.33: both late works get what they missed,
    # or what is left of the reserve of 600.
    assert lumps.reserve() == 0
    assert all("lantern" in one or "marsh" in one for one in runs)


def test_a_receipt_with_the_name_of_a_round_to_come_stops_no_round(lumps: Lumps) -> None:
    lumps.agree()
    lumps.claim(A)
    lumps.receive("1000.00", "S-1")
    lumps.desk.receive(f"{lumps.name}:late:2", "1.00")
    lumps.on("2026-06-01")
    lumps.distribute()
    lumps.claim(TIDE)
    assert shown(lumps.distribute())["lantern"] == "180.00 EUR"


@pytest.mark.parametrize("share", ["1/" + "7" * 31, "1/" + "7" * 5000, "0." + "1" * 5000, "1e3"])
def test_a_share_that_cannot_be_kept_is_refused(
    desk: Desk, share: str, capsys: pytest.CaptureFixture[str]
) -> None:
    from quire.cli import main

    told = ["parties", "succeed", "lantern", "--from", "2026-01-20", "--kind", "estate", "--by", "preparer"]
    assert main([*told, "--to", f"marsh={share}", "--to", "gazette=1/2"]) == 4
    said = capsys.readouterr().err
    assert "Traceback" not in said
    assert len(said) < 500


def test_a_share_of_more_digits_than_are_kept_is_refused(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    from quire.cli import main

    n = 10**31
    told = ["parties", "succeed", "lantern", "--from", "2026-01-20", "--kind", "estate", "--by", "preparer"]
    assert main([*told, "--to", f"marsh=1/{n}", "--to", f"gazette={n - 1}/{n}"]) == 4
    assert "thirty digits" in capsys.readouterr().err


@pytest.mark.parametrize("why", ["a\x1b]0;b\x07", "a\nb", "a\x00b", "a\u202eb"])
def test_a_reason_that_cannot_be_shown_is_refused(desk: Desk, why: str) -> None:
    from quire.society.distribution import actions

    with pytest.raises(QuireError, match="can be shown"):
        actions.succeed(
            party="lantern", kind="estate", starts=date(2026, 1, 20), unclear=why, by=desk.preparer
        )
