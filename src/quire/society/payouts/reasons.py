"""Why a bank gives a payment back: the codes of ISO 20022 that credit transfers meet, and what follows.

Source: ISO 20022 external code set ExternalReturnReason1Code, as the EPC's rulebooks use it (EPC125-05,
AT-R3).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reason:
    """``about``: the account or the payee's details were wrong, so that the same would come back again."""

    code: str
    sentence: str
    about: bool = True


_ABOUT_DETAILS = {
    "AC01": "the account number is not right",
    "AC03": "the account number is not valid",
    "AC04": "the account is closed",
    "AC06": "the account is blocked",
    "AC13": "the account is of a kind that takes no such payment",
    "AC15": "the account details have changed",
    "AG01": "the account takes no such payment",
    "BE01": "the name is not that of the account",
    "BE04": "the payee's address is missing",
    "BE06": "the payee is not known there",
    "CNOR": "the payee's bank is not registered there",
    "MD07": "the payee has died",
    "MS02": "the payee refused it",
    "RC01": "the bank's code is not right",
    "RC04": "the payee's bank is not known",
    "RC07": "the payee's bank code is not right",
    "RR03": "the payee's name or address is missing, as the law asks",
}
_OTHERWISE = {
    "BE05": "the payer is not recognised by the payee",
    "BE07": "the payer's address is missing",
    "DNOR": "the payer's bank is not registered there",
    "RR01": "the payer's account is not named, as the law asks",
    "RR02": "the payer's name or address is missing, as the law asks",
    "AC02": "the payer's account number is not right",
    "AG02": "the bank does not know what kind of payment it was",
    "AM01": "the amount was zero",
    "AM02": "the amount is more than is allowed",
    "AM03": "the currency is not one that the bank takes",
    "AM04": "the money did not suffice",
    "AM05": "it was sent twice",
    "AM06": "the amount is too small",
    "AM07": "the amount is blocked",
    "AM09": "the amount was not the one agreed",
    "AM10": "the sums did not agree",
    "CURR": "the currency was not right",
    "CUST": "the payer asked for it back",
    "DT01": "the date was not right",
    "DUPL": "it was sent twice",
    "ED05": "the settlement failed",
    "FOCR": "it was recalled",
    "FR01": "fraud is suspected",
    "MS03": "the bank gives no reason",
    "NARR": "the reason is told in words",
    "RF01": "its reference was used before",
    "RR04": "a rule of the authorities forbids it",
    "TECH": "something technical failed",
    "TM01": "it came after the hour at which the bank stops",
    "UPAY": "it was not owed",
}
REASONS = {
    code: Reason(code, sentence, about)
    for told, about in ((_ABOUT_DETAILS, True), (_OTHERWISE, False))
    for code, sentence in told.items()
}
