"""A statement as files: JSON for programs and ``quire verify``, CSV for spreadsheets, a page for people."""

from __future__ import annotations

import json
from typing import Any

from quire.core.money import decimal_of
from quire.core.shares import share_text
from quire.society.kit import sheets
from quire.society.payouts.queries import Account
from quire.society.statements import adjusted, awarded
from quire.society.statements.page import page
from quire.society.statements.shape import Line, Portion, Pot, Statement

FORMAT = "quire-statement/1"
COLUMNS = (
    "line", "outcome", "amount", "currency", "licensee", "licence", "work or site", "address", "use", "from",
    "until (this day not included)", "requests", "weight", "weight of everybody", "portion",
    "amount of the portion", "your role", "your part of the work", "why held", "pot", "work or site id",
    "by which agreement", "estimate at least (95 %)", "estimate at most (95 %)",
)  # fmt: skip


def files(statement: Statement) -> dict[str, bytes]:
    """Name to bytes: ``<code>.json``, ``<code>.csv`` and ``<code>.html``."""
    code = statement.payee.code
    return {
        f"{code}.json": to_json(statement),
        f"{code}.csv": to_csv(statement),
        f"{code}.html": page(statement),
    }


def to_csv(statement: Statement) -> bytes:
    """One row a line; amounts in major units with all twelve decimals."""
    return sheets.table(COLUMNS, [*map(_row, statement.lines), *map(adjusted.as_row, statement.adjustments)])


def _row(line: Line) -> tuple[object, ...]:
    subject = line.subject
    return (
        line.number, line.outcome, decimal_of(line.amount), line.pot.currency, line.pot.licensee,
        line.pot.licence, subject.title if subject else "", subject.key if subject else "", line.use,
        line.starts or "", line.ends or "", line.requests or "", share_text(line.weight),
        share_text(line.portion.weight), line.portion.label, decimal_of(line.portion.amount), line.role,
        share_text(line.part), line.held_because, line.pot.tid, subject.tid if subject else "",
        line.agreed, *("" if one is None else share_text(one) for one in (line.low, line.high)),
    )  # fmt: skip


def to_json(statement: Statement) -> bytes:
    """Keys sorted, money as texts of twelve decimals, fractions ``n/d``; ``quire verify`` reads ``proof``."""
    told = {
        "format": FORMAT,
        "society": statement.society,
        "run": statement.run,
        "from": statement.period.starts.isoformat(),
        "until": statement.period.ends.isoformat(),
        "plan": {
            "name": statement.plan,
            "digest": statement.plan_digest,
            "decision": statement.decision,
            "rules": list(statement.plan_sentences),
        },
        "party": {"id": statement.payee.tid, "code": statement.payee.code, "name": statement.payee.name},
        "sums": [
            {"currency": one.currency, "credited": decimal_of(one.credited), "held": decimal_of(one.held)}
            for one in statement.sums
        ],
        "pots": [_pot(pot) for pot in statement.pots],
        "lines": [
            *(_line(line) for line in statement.lines),
            *(adjusted.as_json(one) for one in statement.adjustments),
        ],
        "accounts": {
            "on": statement.accounts_on.isoformat(),
            "balances": [_account(account) for account in statement.accounts],
            **awarded.told(statement.awards),
        },
        "proof": _proof(statement),
    }
    return (json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def _pot(pot: Pot) -> dict[str, Any]:
    return {
        "pot": pot.tid,
        "licence": pot.licence,
        "licensee": pot.licensee,
        "from": pot.starts.isoformat(),
        "until": pot.ends.isoformat(),
        "currency": pot.currency,
        "received": decimal_of(pot.received),
        **({"converted": pot.converted} if pot.converted else {}),
        "due": decimal_of(pot.due),
        "deductions": [
            {
                "label": one.label,
                "rate": share_text(one.rate),
                "of": one.of,
                "to": one.to,
                "base": decimal_of(one.base),
                "amount": decimal_of(one.amount),
            }
            for one in pot.deductions
        ],
        "rest": decimal_of(pot.rest),
        "portions": [_portion(one) | {"outcome": one.outcome, "rule": one.sentence} for one in pot.portions],
        "credited": decimal_of(pot.credited),
        "held": decimal_of(pot.held),
    }


def _portion(one: Portion) -> dict[str, Any]:
    return {
        "label": one.label,
        "key": one.key,
        "of_rest": share_text(one.of_rest),
        "amount": decimal_of(one.amount),
        "weight": share_text(one.weight),
    }


def _line(line: Line) -> dict[str, Any]:
    told: dict[str, Any] = {
        "line": line.number,
        "record": line.record,
        "licence": line.pot.licence,
        "licensee": line.pot.licensee,
        "currency": line.pot.currency,
        "amount": decimal_of(line.amount),
        "outcome": line.outcome,
        "role": line.role,
        "part": share_text(line.part),
        "weight": share_text(line.weight),
        "portion": _portion(line.portion),
    }
    if line.subject:
        told |= {"use": line.use, "requests": line.requests}
        told[line.subject.kind] = {
            "id": line.subject.tid,
            "title": line.subject.title,
            "key": line.subject.key,
        }
    if line.held_because:
        told["held_because"] = line.held_because
    if line.agreed:
        told["agreed"] = line.agreed
    return told


def _account(one: Account) -> dict[str, str]:
    back = {"returned": decimal_of(one.returned)} if one.returned else {}
    back |= {"repaid": decimal_of(one.repaid)} if one.repaid else {}
    return {
        "currency": one.currency,
        "credited": decimal_of(one.credited),
        "paid": decimal_of(one.paid),
        "in_transit": decimal_of(one.in_transit),
        "carried": decimal_of(one.carried),
        "written_off": decimal_of(one.written_off),
        "residue": one.residue.decimal(),
        "reason": one.reason,
        **back,
    }


def _proof(statement: Statement) -> dict[str, Any]:
    proof = statement.proof
    return {
        "root": proof.root,
        "size": proof.size,
        "paths": {str(number): list(path) for number, path in proof.paths.items()},
        "totals": {
            one.currency: {"payable": decimal_of(one.credited), "held": decimal_of(one.held)}
            for one in statement.sums
        },
    }
