"""What each page says, whatever society it is of: by this one knows that it is the page one asked for."""

from __future__ import annotations

FOOT = "Every published distribution can be recomputed by anyone."

_PUBLIC = {
    "front": "How what comes in is split",
    "licences": "Licences for AI",
    "crawlers": "What a site says",
    "plans": "A plan says how what comes in is divided.",
    "plan": "In words",
    "distributions": "Anybody can compute it again.",
    "distribution": "Its place in the chain",
    "works": "What our members registered with us",
    "unclaimed": "How to claim it",
    "credits": "Whose works each licensee used",
    "credited": "A name is shown as its bearer wishes it.",
    "figures": "What came in for the use of our members",
}
_MEMBER = {
    "member": "What needs you",
    "member-statements": "What each distribution gave you",
    "member-statement": "How it became yours",
    "member-lines": "The number of a line leads to how it was worked out.",
    "member-why": "Step by step",
    "member-earnings": "Everything that closed distributions gave you",
    "member-money": "Payment details",
    "member-details": "Every change is on record with who made it.",
    "member-terms": "What AI may do",
    "member-terms-change": "What each answer meant in the last year",
    "member-works": "Register a work",
    "member-work": "Who owns it",
    "member-works-new": "First see whether it is on record",
    "member-works-import": "Register many works",
    "member-sites": "Register a site",
    "member-site": "That it is yours",
    "member-sites-new": "Next you show that the host is yours",
    "member-disputes": "File a claim",
    "member-unclaimed": "It was earned by a share of a work whose owner nobody knows.",
    "member-agreements": "What one party earns and passes on to others",
    "member-membership": "Your name in what is published",
    "member-leave": "What happens on that day",
    "member-team": "Who signs in for",
}
_LAB = {
    "lab": "Your licences today",
    "lab-prices": "Many at once",
    "lab-usage": "Usage and spend",
    "lab-clients": "Make a client",
    "lab-client": "Another secret",
    "lab-clients-new": "Its secret is shown once, on the next page.",
    "lab-tokens": "What was issued to your clients.",
    "lab-reports": "Hand in a report",
    "lab-code": "The configuration",
    "lab-credit": "What you put on it",
    "lab-licences": "What licences there are",
    "lab-licence": "What you may do",
    "lab-tariffs": "Anybody may take a licence under a published tariff",
    "lab-team": "Who signs in for",
}
_DESK = {
    "desk": "Work queue",
    "desk-applications": "The criteria decide",
    "desk-party": "Bank account",
    "desk-licence": "Terms",
    "desk-import": "What became of its lines",
    "desk-edge": "What it sent",
    "desk-survey": "Commitment to its seed",
    "desk-run": "What it rests on",
    "desk-run-new": "Waits to be distributed",
    "desk-run-approve": "prepared it.",
    "desk-plan-editor": "What would it have given?",
    "desk-plan": "Its exact text",
    "desk-plans": "Begin with",
    "desk-unclaimed": "Money of works whose owner nobody knows.",
    "desk-unclaimed-match": "Somebody turned up",
    "desk-dispute": "What happened",
    "desk-correction": "What was wrong",
    "desk-acts": "Nothing is taken out of it.",
    "desk-checks": "Check everything now",
}
_AUDIT = {
    "audit": "You read everything here, and change nothing.",
    "audit-ledger": "digest covers the one before it",
    "audit-transaction": "Entries; a credit is negative",
    "audit-trial-balance": "Trial balance",
    "audit-run": "What came in and where it went",
    "audit-runs": "Runs and bundles",
    "audit-acts": "Nothing is taken out of it.",
    "audit-people": "Who may do what",
    "audit-checks": "Check everything now",
}
SAID = {**_PUBLIC, **_MEMBER, **_LAB, **_DESK, **_AUDIT}


def sentence(name: str) -> str:
    """A sentence of the page of this name."""
    return SAID.get(name, FOOT)
