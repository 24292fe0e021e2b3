"""A bundle whose few agreements would make more lines than anybody's memory holds."""

from __future__ import annotations

import pytest

from quire.core import verify as verifying
from quire.core.facts import Party
from tests.core.by_hand import ALWAYS, EUR, society
from tests.core.societies import KEYS, about_of, files_of, signed
from tests.core.test_distribution_chains import USAGE, through


def test_lines_beyond_those_published_are_not_made_to_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    several = [f"t{place:02}" for place in range(40)]
    parties = tuple(Party(name, 100, ALWAYS) for name in sorted(["blog", "estate", "paper", *several]))
    spread = through("paper", "0", **dict.fromkeys(several, "1/40"))
    found = society(USAGE, 40 * EUR, {"wrk_paper": 5}, parties=parties, agreements=(spread,))
    files = files_of(found)
    assert verifying.verify(signed(files, about_of(found)), KEYS).holds
    short = files | {"lines.jsonl": files["lines.jsonl"].split(b"\n")[0] + b"\n"}
    assert "recomputed there are 40" in verifying.verify(signed(short, about_of(found)), KEYS).sentence()
    monkeypatch.setattr(verifying, "FAR", 10)
    (finding,) = verifying.verify(signed(short, about_of(found)), KEYS).findings
    assert finding.sentence == "lines.jsonl has 1 lines; recomputed there are 10 more, and on."
