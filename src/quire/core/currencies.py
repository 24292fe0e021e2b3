"""Which currencies there are, and how many digits their minor unit has.

The table is ISO 4217 list one as it stands after Bulgaria joined the euro on 1 January 2026. Only money
somebody can be paid in is in it: precious metals, units of account of banks and funds, and the codes
for tests and for "no currency" are left out, because a pot in gold ounces could never be paid out.

ISO's digits are what banks write in payment files. Unicode CLDR (and so Babel) counts the coins in
circulation instead and says 0 for thirteen of them; for showing an amount that may be better, for paying
it is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from quire.core.errors import Invalid

_CODES_BY_DIGITS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF",
    2: """
        AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY
        COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF
        IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR
        MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG
        SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES
        WST XCD XCG YER ZAR ZMW ZWG
    """,
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "UYW",
}

MINOR_DIGITS: Mapping[str, int] = MappingProxyType(
    {code: digits for digits, codes in _CODES_BY_DIGITS.items() for code in codes.split()}
)
"""ISO 4217 code -> decimals of its minor unit (0, 2, 3 or 4)."""

_FUNDS = "BOV CHE CHW CLF COU MXV USN UYI XAD XBA XBB XBC XBD XDR XSU XUA"
_METALS = "XAG XAU XPD XPT"
_SPECIAL = "XTS XXX"

NOT_PAYABLE = frozenset(f"{_FUNDS} {_METALS} {_SPECIAL}".split())
"""ISO 4217 codes that exist, but in which nobody can be paid."""


class UnknownCurrency(Invalid):
    """The code is not that of a currency somebody can be paid in."""

    code = "money.unknown-currency"


def minor_digits(code: str) -> int:
    """How many decimals the minor unit of ``code`` has: 2 for EUR, 0 for JPY, 3 for KWD, 4 for UYW.

    Codes are upper case, as ISO 4217 writes them. Raises UnknownCurrency for anything else.
    """
    digits = MINOR_DIGITS.get(code)
    if digits is not None:
        return digits
    if code in NOT_PAYABLE:
        raise UnknownCurrency(
            f"{code} is a fund, a metal or a special code, and nobody can be paid in it; "
            "give the ISO 4217 code of a currency, such as EUR.",
            currency=code,
        )
    raise UnknownCurrency(
        f"{code!r} is no currency in use; give the ISO 4217 code in three capital letters, such as EUR.",
        currency=code,
    )
