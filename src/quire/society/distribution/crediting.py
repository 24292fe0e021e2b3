"""What is kept beside a run's lines, so that no page has to read them all: what each party has of each pot,
and whose works a licensee used."""

from __future__ import annotations

from typing import Any

# sql: the table and its columns are the models' own; the run is a parameter
CREDIT = """
INSERT INTO distribution_credit (id, licensee_id, use, party_id, works)
SELECT gen_random_uuid(), licensee, use, party, max(works)
  FROM (SELECT c.licensee_id AS licensee, l.pot_id, l.detail->>'use' AS use, l.party_id AS party,
               count(DISTINCT l.detail->>'subject')
                 FILTER (WHERE starts_with(l.detail->>'subject', 'wrk_')) AS works
          FROM distribution_line l JOIN distribution_pot p ON p.id = l.pot_id
          JOIN licensing_licence c ON c.id = p.licence_id
         WHERE l.run_id = %s AND l.party_id IS NOT NULL AND l.detail ? 'subject' AND l.detail ? 'use'
         GROUP BY 1, 2, 3, 4) AS pots
 GROUP BY 2, 3, 4
    ON CONFLICT (licensee_id, use, party_id) DO UPDATE
   SET works = greatest(distribution_credit.works, excluded.works)
 WHERE distribution_credit.works < excluded.works
"""

SUMS = """
INSERT INTO distribution_partysum (id, run_id, pot_id, party_id, outcome, amount, lines)
SELECT gen_random_uuid(), run_id, pot_id, party_id, outcome, sum(amount), count(*)
  FROM distribution_line WHERE run_id = %s AND party_id IS NOT NULL GROUP BY 2, 3, 4, 5
"""


def sum_up(run: Any, using: Any) -> None:
    """Keep what the lines of ``run`` (its id), which are all there now, sum to. ``using`` is a cursor."""
    using.execute(SUMS, [run])


def keep(run: Any, using: Any) -> None:
    """Keep whose works the pots of ``run`` (its id) credited; the same again changes nothing. ``using`` is a
    cursor."""
    using.execute(CREDIT, [run])
