"""Every event that is told: its category, its words, where it leads, and for whom it is.

The words name facts of the notice (``%(period)s``). ``pages`` is audience to the name of the page; an event
is told to an audience that has one. ``needs``: somebody has to do something. ``verbs`` are the acts it comes
of; none: an hourly look finds it (``actions.looking``). ``role``: who of the house has a letter, where not
everybody at the desk has. ``ended``: acts on the same subject after which nobody need do it any more; what a
look finds is over when it finds it no more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

AUDIENCES = ("member", "licensee", "operator", "auditor")


@dataclass(frozen=True, slots=True)
class Category:
    """Events whose letters a user wants alike. ``choices``: how they may come, the first where nothing is
    said. ``why`` some cannot be chosen."""

    name: str
    label: Any
    choices: tuple[str, ...]
    why: Any = ""


CATEGORIES = {
    one.name: one
    for one in (
        Category("security", _("Security"), ("at-once",),
                 _("You learn from these that somebody else did something in your name, so they always "
                   "come, and at once.")),
        Category("deadlines", _("Bills, decisions and last days"), ("at-once", "daily"),
                 _("Who misses one of these loses money or a right, so they come within a day.")),
        Category("money", _("Money"), ("at-once", "daily", "weekly", "off")),
        Category("rights", _("Works, claims and licences"), ("daily", "at-once", "weekly", "off")),
        Category("metering", _("Counting of use"), ("daily", "at-once", "weekly", "off")),
        Category("society", _("The society"), ("weekly", "at-once", "daily", "off")),
        Category("work", _("Work at the desk"), ("daily", "at-once", "weekly", "off")),
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Event:
    """One kind of thing that is told."""

    name: str
    category: str
    words: Any
    pages: Mapping[str, str]
    verbs: tuple[str, ...] = ()
    needs: bool = False
    ended: tuple[str, ...] = ()
    role: str = ""
    hook: bool = True


_DISPUTE_ENDS = tuple(f"disputes.{end}" for end in ("lapsed", "amended", "settled", "decided", "withdrawn"))
_MONEY = (
    Event("statement.ready", "money", _("Your statement of %(period)s is ready."),
          {"member": "member-statement"}, ("distribution.close",)),
    Event("run.closed", "society", _("The run of %(period)s is closed and published."),
          {"auditor": "audit-run", "operator": "desk-run"}, ("distribution.close",)),
    Event("run.to-approve", "work", _("The run of %(period)s waits for a second person to approve it."),
          {"operator": "desk-run"}, ("distribution.review",), needs=True,
          ended=("distribution.approve", "distribution.cancel"), role="approver"),
    Event("payout.made", "money", _("%(amount)s was paid to you on %(day)s."),
          {"member": "member-money"}, ("payouts.settle",)),
    Event("payout.returned", "deadlines",
          _("Your bank gave %(amount)s back: %(because)s Check the details."),
          {"member": "member-money"}, ("payouts.return",), needs=True),
    Event("payout.came-back", "work", _("A payment of %(amount)s to %(name)s came back: %(because)s"),
          {"operator": "desk-returned"}, ("payouts.return",), needs=True),
    Event("correction.filed", "work", _("A correction of a closed run waits for a second person."),
          {"operator": "desk-correction"}, ("distribution.file-correction",), needs=True,
          ended=("distribution.accept-correction", "distribution.refuse-correction"), role="approver"),
    Event("correction.accepted", "money",
          _("A closed run is put right: %(amount)s more for you, or less where it is below nothing, in a run "
            "to come."),
          {"member": "member-earnings"}, ("distribution.accept-correction",)),
    Event("correction.posted", "money", _("A correction was booked in the run of %(period)s: %(amount)s."),
          {"member": "member-statement"}, ("distribution.close",)),
    Event("hold.placed", "money", _("What you earn is held back in part: %(reason)s"),
          {"member": "member-money"}, ("distribution.hold",)),
    Event("hold.released", "money", _("What was held back of your money is free again."),
          {"member": "member-money"}, ("distribution.release",)),
    Event("invoice.issued", "deadlines", _("An invoice of %(amount)s for %(period)s."),
          {"licensee": "lab-invoices"}, ("invoicing.issue",), needs=True),
    Event("invoice.due", "deadlines", _("%(amount)s under licence %(licence)s is open, invoiced on %(day)s."),
          {"licensee": "lab-invoices"}, needs=True),
    Event("invoice.overdue", "deadlines",
          _("%(amount)s under licence %(licence)s is overdue, invoiced on %(day)s."),
          {"licensee": "lab-invoices", "operator": "desk-open"}, needs=True),
    Event("payment.received", "money", _("Your payment of %(amount)s for %(period)s has come in."),
          {"licensee": "lab-payments"}, ("invoicing.receive",)),
    Event("credit.added", "money", _("%(amount)s was put on your balance."),
          {"licensee": "lab-credit"}, ("invoicing.deposit",)),
    Event("credit.low", "deadlines", _("Of your balance for crawling, %(amount)s is left."),
          {"licensee": "lab-credit"}, needs=True),
    Event("credit.out", "deadlines", _("Your balance in %(currency)s is used up: sites let you in no more."),
          {"licensee": "lab-credit"}, needs=True),
)  # fmt: skip
_RIGHTS = (
    Event("licence.granted", "rights", _("Licence %(licence)s is yours, from %(day)s."),
          {"licensee": "lab-licence"}, ("licensing.grant",)),
    Event("licence.decide", "deadlines",
          _("%(licensee)s has taken a licence for %(uses)s, on which you have said nothing: until you do, it "
            "is no."),
          {"member": "member-terms"}, ("licensing.grant",), needs=True, ended=("mandates.answer",)),
    Event("licence.ended", "deadlines", _("Licence %(licence)s ends on %(day)s, earlier than it said."),
          {"licensee": "lab-licence"}, ("licensing.end",)),
    Event("licence.ending", "deadlines", _("Licence %(licence)s ends on %(day)s, and none follows it."),
          {"licensee": "lab-licence"}, needs=True),
    Event("shares.changed", "rights",
          _("The shares of “%(title)s” were changed, and yours may be among them."),
          {"member": "member-work"}, ("repertoire.amend-owners",)),
    Event("share.offered", "deadlines",
          _("%(giver)s offers you a part of “%(title)s”. It is yours once you accept."),
          {"member": "member-offer"}, ("repertoire.offer-share",), needs=True,
          ended=("repertoire.offer-accepted", "repertoire.offer-declined", "repertoire.offer-withdrawn")),
    Event("share.answered", "rights",
          _("%(taker)s has answered your offer of a part of “%(title)s”: %(state)s."),
          {"member": "member-offer"}, ("repertoire.offer-accepted", "repertoire.offer-declined")),
    Event("share.withdrawn", "rights", _("%(giver)s offers you a part of “%(title)s” no more."),
          {"member": "member-offer"}, ("repertoire.offer-withdrawn",)),
    Event("agreement.recorded", "rights", _("Agreement %(code)s is on record; you are a side of it."),
          {"member": "member-agreements"}, ("repertoire.record-agreement",)),
    Event("agreement.ended", "rights", _("Agreement %(code)s was ended; you are a side of it."),
          {"member": "member-agreements"}, ("repertoire.end-agreement",)),
    Event("dispute.filed", "rights", _("%(claimant)s claims “%(title)s” or a part of it."),
          {"member": "member-dispute", "operator": "desk-dispute"}, ("disputes.file",)),
    Event("dispute.answer", "deadlines",
          _("The claim of %(claimant)s to “%(title)s” is documented: answer it."),
          {"member": "member-dispute"}, ("disputes.document",), needs=True,
          ended=("disputes.answer", *_DISPUTE_ENDS)),
    Event("dispute.answered", "rights", _("Your claim to “%(title)s” was answered."),
          {"member": "member-dispute"}, ("disputes.answer",)),
    Event("dispute.ended", "rights", _("The dispute of “%(title)s” has ended: %(outcome)s"),
          {"member": "member-dispute"},
          _DISPUTE_ENDS),
    Event("dispute.due", "deadlines", _("The dispute of “%(title)s”: %(left)s days left."),
          {"member": "member-dispute", "operator": "desk-dispute"}, needs=True),
    Event("write-off.proposed", "work",
          _("What somebody owes is to be written off: a second person decides."),
          {"operator": "desk-debts"}, ("distribution.propose-write-off",), needs=True,
          ended=("distribution.approve-write-off", "distribution.refuse-write-off"), role="approver"),
    Event("disposal.proposed", "work", _("Unclaimed money is to be disposed of: a second person decides."),
          {"operator": "desk-disposal"}, ("unclaimed.prepare",), needs=True,
          ended=("unclaimed.dispose", "unclaimed.withdraw"), role="approver"),
    Event("claim.arrived", "work", _("Somebody claims what is unclaimed of a work, and waits for you."),
          {"operator": "desk-claim"}, ("unclaimed.claim",), needs=True,
          ended=("unclaimed.claim-accepted", "unclaimed.claim-refused", "unclaimed.claim-withdrawn")),
    Event("claim.decided", "rights", _("Your claim to unclaimed money is decided: %(state)s."),
          {"member": "member-unclaimed"}, ("unclaimed.claim-accepted", "unclaimed.claim-refused")),
    Event("unclaimed.found", "money", _("Money without an owner was found to be yours."),
          {"member": "member-money"}, ("unclaimed.match",)),
)  # fmt: skip
_HOUSE = (
    Event("plan.adopted", "society", _("The plan “%(plan)s” was adopted, and holds from %(day)s."),
          {"member": "plans", "operator": "desk-plans", "auditor": "plans"}, ("distribution.adopt-plan",)),
    Event("application.arrived", "work", _("Applications came in on %(day)s."),
          {"operator": "desk-applications"}, ("membership.admit", "membership.refuse")),
    Event("membership.admitted", "society", _("You are a member from %(day)s."),
          {"member": "member-membership"}, ("membership.admit",)),
    Event("membership.refused", "deadlines", _("Your application was not admitted: %(reasons)s"),
          {"member": "member-membership"}, ("membership.refuse",)),
    Event("membership.ends", "deadlines", _("Your membership ends on %(day)s."),
          {"member": "member-membership"}, ("membership.leave", "membership.give-notice")),
    Event("standing.lost", "deadlines", _("You are not in good standing from %(day)s: %(reason)s"),
          {"member": "member-membership"}, ("membership.set-standing",), needs=True,
          ended=("membership.restore-standing",)),
    Event("standing.restored", "society", _("You are in good standing again from %(day)s."),
          {"member": "member-membership"}, ("membership.restore-standing",)),
    Event("metering.silent", "metering", _("Nothing was heard of %(host)s since %(day)s."),
          {"member": "member-site", "operator": "desk-edge"}, needs=True),
    Event("metering.gap", "metering",
          _("%(count)s gaps in what %(host)s sent: use that may not be paid for."),
          {"member": "member-site", "operator": "desk-edge"}, needs=True),
    Event("details.changed", "security", _("Your details were changed: %(columns)s."),
          {"member": "member-money", "licensee": "lab-team"}, ("parties.change",)),
    Event("team.changed", "security", _("%(user)s is now in your team as %(role)s."),
          {"member": "member-team", "licensee": "lab-team"}, ("parties.seat",)),
    Event("team.left", "security", _("%(user)s is no longer in your team."),
          {"member": "member-team", "licensee": "lab-team"}, ("parties.unseat",)),
    Event("role.granted", "security", _("%(user)s may now act for the society as %(role)s."),
          {"operator": "desk-acts", "auditor": "audit-people"}, ("parties.grant-role",)),
    Event("client.made", "security", _("A client was made: %(name)s."),
          {"licensee": "lab-client"}, ("licensing.create-client",)),
    Event("client.rotated", "security", _("The client %(name)s has another secret."),
          {"licensee": "lab-client"}, ("licensing.rotate-client",)),
    Event("client.revoked", "security", _("The client %(name)s was revoked: %(reason)s"),
          {"licensee": "lab-client"}, ("licensing.revoke-client",)),
    Event("key.made", "security", _("A key of the API was made: %(name)s."),
          {"member": "member-api-keys", "licensee": "lab-api-keys", "operator": "desk-api-keys"},
          ("parties.make-key",)),
    Event("key.revoked", "security", _("The key %(name)s of the API was revoked."),
          {"member": "member-api-keys", "licensee": "lab-api-keys", "operator": "desk-api-keys"},
          ("parties.revoke-key",)),
    Event("tax.declared", "security", _("A tax form was handed in for you."),
          {"member": "member-money", "licensee": "lab-team"}, ("parties.declare-tax",)),
    Event("edge.revoked", "security", _("The edge of %(host)s was revoked: %(reason)s"),
          {"member": "member-site"}, ("usage.revoke-edge",)),
    Event("token.revoked", "security", _("Tokens of yours were revoked: %(reason)s"),
          {"licensee": "lab-tokens"}, ("licensing.revoke",)),
    Event("webhook.made", "security", _("Notices are now sent to %(url)s."),
          {"member": "member-webhooks", "licensee": "lab-webhooks"}, ("notices.add-endpoint",), hook=False),
    Event("webhook.rotated", "security", _("What is sent to %(url)s has another secret."),
          {"member": "member-webhooks", "licensee": "lab-webhooks"}, ("notices.rotate-endpoint",),
          hook=False),
    Event("webhook.disabled", "security", _("Nothing is sent to %(url)s any more: %(reason)s"),
          {"member": "member-webhooks", "licensee": "lab-webhooks"}, ("notices.disable",), needs=True,
          ended=("notices.enable", "notices.remove-endpoint"),
          hook=False),
)  # fmt: skip
EVENTS = {one.name: one for one in (*_MONEY, *_RIGHTS, *_HOUSE)}
TEST = "webhook.test"
"""What a test sends; nobody else is told of it."""


def verbs() -> list[str]:
    """The acts that are told, sorted; ``rules.sql`` lists the same."""
    return sorted({verb for one in EVENTS.values() for verb in (*one.verbs, *one.ended)})


def ended_by(verb: str) -> list[str]:
    """The events that nobody need heed any more after an act of this verb."""
    return [one.name for one in EVENTS.values() if verb in one.ended]


def hooked(audience: str) -> list[Event]:
    """The events that this audience may have as webhooks, by name."""
    found = [one for one in EVENTS.values() if one.hook and audience in one.pages]
    return sorted(found, key=lambda one: one.name)
