-- Every act that is told (``catalogue.verbs``; a test compares) waits from the moment that it is on record:
-- written by the database in the act's own transaction, so that no act is told that was rolled back, and
-- none is lost that was not, in whatever order transactions end.
CREATE OR REPLACE FUNCTION notices_hear() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO notices_waiting (act_id, tries, problem)
  SELECT id, 0, '' FROM heard WHERE verb = ANY (ARRAY[
    'disputes.amended', 'disputes.answer', 'disputes.decided', 'disputes.document', 'disputes.file',
    'disputes.lapsed', 'disputes.settled', 'disputes.withdrawn', 'distribution.accept-correction',
    'distribution.adopt-plan', 'distribution.approve', 'distribution.approve-write-off',
    'distribution.cancel', 'distribution.close', 'distribution.file-correction', 'distribution.hold',
    'distribution.propose-write-off', 'distribution.refuse-correction', 'distribution.refuse-write-off',
    'distribution.release', 'distribution.review', 'invoicing.deposit', 'invoicing.issue',
    'invoicing.receive', 'licensing.create-client', 'licensing.end', 'licensing.grant',
    'licensing.revoke', 'licensing.revoke-client', 'licensing.rotate-client', 'mandates.answer',
    'membership.admit', 'membership.give-notice', 'membership.leave', 'membership.refuse',
    'membership.restore-standing', 'membership.set-standing', 'notices.add-endpoint', 'notices.disable',
    'notices.enable', 'notices.remove-endpoint', 'notices.rotate-endpoint', 'parties.change',
    'parties.declare-tax', 'parties.grant-role', 'parties.make-key', 'parties.revoke-key', 'parties.seat',
    'parties.unseat', 'payouts.return', 'payouts.settle', 'repertoire.amend-owners',
    'repertoire.end-agreement', 'repertoire.offer-accepted', 'repertoire.offer-declined',
    'repertoire.offer-share', 'repertoire.offer-withdrawn', 'repertoire.record-agreement',
    'unclaimed.claim', 'unclaimed.claim-accepted', 'unclaimed.claim-refused', 'unclaimed.claim-withdrawn',
    'unclaimed.dispose', 'unclaimed.match', 'unclaimed.prepare', 'unclaimed.withdraw', 'usage.revoke-edge'
  ]);
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER notices_hear AFTER INSERT ON kit_act
  REFERENCING NEW TABLE AS heard FOR EACH STATEMENT EXECUTE FUNCTION notices_hear();
