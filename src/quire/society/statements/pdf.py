"""A statement as PDF, to print, to keep and to be read aloud: tagged, by PDF/UA-1 (ISO 14289-1)."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any, Literal

import typst

from quire.society.statements.page import amount, told
from quire.society.statements.shape import Statement

WORKS = 5_000
"""Works whose lines the file has; a statement of more says how much the others are, and where they stand."""
_TEMPLATE = Path(__file__).parent / "templates" / "statements" / "page.typ"
_UNPRINTED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ue000-\uf8ff\ufdd0-\ufdef\ufffe\uffff]")


def pdf(statement: Statement) -> bytes:
    """The statement as one PDF file; the same statement gives the same bytes.

    The template is the society's own and takes what it says as JSON, so that whatever stands in a name or
    title is text, never markup. It reads no other file and nothing remote. Where no font of this computer has
    a letter of a name or title, the file is tagged as well, but does not call itself PDF/UA-1.
    """
    content = json.dumps(_printed(_content(statement)), ensure_ascii=False)
    on = datetime.combine(statement.accounts_on, time(), UTC)
    try:
        return _compiled(content, on, "ua-1")
    except typst.TypstError as problem:
        if "could not be displayed" not in problem.message:
            raise
        return _compiled(content, on, None)


def _compiled(content: str, on: datetime, standard: Literal["ua-1"] | None) -> bytes:
    made = typst.compile(
        _TEMPLATE.read_bytes(), sys_inputs={"statement": content}, pdf_standards=standard, timestamp=on
    )
    assert isinstance(made, bytes)
    return made


def _content(statement: Statement) -> dict[str, Any]:
    content = told(statement, WORKS)
    return content | {
        "sections": [asdict(one) | {"adds": _adds(statement, one.currency)} for one in content["sections"]],
        "balances": [asdict(one) for one in content["balances"]],
        "society": statement.society,
        "name": statement.payee.name,
        "code": statement.payee.code,
        "pseudonym": statement.payee.tid if statement.payee.pseudonymous else "",
        "run": statement.run,
        "plan": statement.plan,
        "decision": statement.decision,
        "digest": statement.plan_digest,
        "rules": statement.plan_sentences,
        "root": statement.proof.root,
    }


def _adds(statement: Statement, currency: str) -> list[tuple[str, dict[str, str]]]:
    """How the lines and adjustments in a currency add up to what is credited and what is held."""
    lines = sum(one.amount for one in statement.lines if one.pot.currency == currency)
    corrected = sum(one.amount for one in statement.adjustments if one.currency == currency)
    [sums] = (one for one in statement.sums if one.currency == currency)
    rows = [("All lines together", lines)]
    if statement.adjustments:
        rows += [("Adjustments of earlier runs", corrected), ("Together", lines + corrected)]
    rows += [("of which held for you", sums.held)] if sums.held else []
    rows += [("Credited to you", sums.credited)]
    return [(words, asdict(amount(quanta, currency))) for words, quanta in rows]


def _printed(value: Any) -> Any:
    """The value with what no font has (control characters, private use) as the replacement character."""
    if isinstance(value, str):
        return _UNPRINTED.sub("\ufffd", value)
    if isinstance(value, dict):
        return {key: _printed(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_printed(one) for one in value]
    return value
