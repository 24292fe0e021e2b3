-- Whatever the code does: a run is approved by a second person who holds the role, for the results that
-- stand; its stages follow one another; what it divided, by which lines, is never rewritten.
-- Functions name their schema, so that a temporary table of the same name cannot stand in for a real one.

CREATE OR REPLACE FUNCTION distribution_check_approval() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE run public.distribution_run%ROWTYPE;
BEGIN
  SELECT * INTO run FROM public.distribution_run WHERE id = NEW.run_id;
  IF run.prepared_by_id = NEW.by_id THEN
    PERFORM quire_deny('the preparer of a run cannot approve it');
  END IF;
  IF NOT EXISTS (SELECT 1 FROM public.parties_rolegrant WHERE user_id = NEW.by_id AND role = 'approver') THEN
    PERFORM quire_deny('only an approver approves a run');
  END IF;
  IF run.state IS DISTINCT FROM 'reviewed' OR run.results_digest <> NEW.results_digest THEN
    PERFORM quire_deny('only a reviewed run is approved, for the results it has');
  END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER distribution_approval_checked BEFORE INSERT ON public.distribution_approval
  FOR EACH ROW EXECUTE FUNCTION distribution_check_approval();

CREATE OR REPLACE FUNCTION distribution_check_run() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE stages text[] := ARRAY['open', 'frozen', 'allocated', 'reviewed', 'approved', 'posted', 'closed'];
BEGIN
  IF TG_OP = 'DELETE' THEN
    PERFORM quire_deny('a run is cancelled, never deleted');
  END IF;
  IF TG_OP = 'INSERT' THEN
    IF NEW.state <> 'open' THEN
      PERFORM quire_deny('a run begins open');
    END IF;
    RETURN NEW;
  END IF;
  IF NEW.id <> OLD.id OR NEW.prepared_by_id <> OLD.prepared_by_id OR NEW.plan_id <> OLD.plan_id
     OR NEW.starts <> OLD.starts OR NEW.ends <> OLD.ends OR NEW.opened_at <> OLD.opened_at THEN
    PERFORM quire_deny('what a run is, is never rewritten');
  END IF;
  IF OLD.inputs_digest <> '' AND NEW.inputs_digest <> OLD.inputs_digest
     OR OLD.results_digest <> '' AND NEW.results_digest <> OLD.results_digest
     OR OLD.bundle_root <> '' AND NEW.bundle_root <> OLD.bundle_root
     OR OLD.number IS NOT NULL AND NEW.number IS DISTINCT FROM OLD.number
     OR OLD.state IN ('reviewed', 'approved', 'posted', 'closed') AND NEW.review <> OLD.review THEN
    PERFORM quire_deny('a run is never computed again');
  END IF;
  IF NEW.state = OLD.state THEN
    RETURN NEW;
  END IF;
  IF NEW.state = 'cancelled' AND OLD.state IN ('open', 'frozen', 'allocated', 'reviewed') THEN
    RETURN NEW;
  END IF;
  IF array_position(stages, NEW.state::text) IS DISTINCT FROM array_position(stages, OLD.state::text) + 1 THEN
    RAISE EXCEPTION 'a run goes from % to the next stage, not to %', OLD.state, NEW.state
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF NEW.state = 'frozen' AND EXISTS (
       SELECT 1 FROM public.distribution_pot AS pot
        WHERE pot.run_id = NEW.id AND coalesce(pot.received, pot.amount) IS DISTINCT FROM (
          SELECT coalesce(sum(receipt.amount), 0) FROM public.distribution_potreceipt AS joined
            JOIN public.invoicing_receipt AS receipt ON receipt.id = joined.receipt_id
           WHERE joined.pot_id = pot.id)) THEN
    PERFORM quire_deny('a pot is the sum of its receipts');
  END IF;
  IF NEW.state = 'approved'
     AND NOT EXISTS (SELECT 1 FROM public.distribution_approval WHERE run_id = NEW.id) THEN
    PERFORM quire_deny('a run is approved by an approval');
  END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER distribution_run_checked BEFORE INSERT OR UPDATE OR DELETE ON public.distribution_run
  FOR EACH ROW EXECUTE FUNCTION distribution_check_run();

-- A pot is made while its run is open, and stays.
CREATE OR REPLACE FUNCTION distribution_check_pot() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF TG_OP <> 'INSERT'
     OR NOT EXISTS (SELECT 1 FROM public.distribution_run WHERE id = NEW.run_id AND state = 'open') THEN
    PERFORM quire_deny('a pot is made while its run is open, and never changed');
  END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER distribution_pot_checked BEFORE INSERT OR UPDATE OR DELETE ON public.distribution_pot
  FOR EACH ROW EXECUTE FUNCTION distribution_check_pot();

-- A receipt joins a pot of its own licence, period and currency while the run is open; it leaves only a run
-- that nobody has approved.
CREATE OR REPLACE FUNCTION distribution_check_receipt() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    IF NOT EXISTS (SELECT 1 FROM public.distribution_pot AS pot JOIN public.distribution_run AS run
                     ON run.id = pot.run_id
                    WHERE pot.id = OLD.pot_id
                      AND run.state IN ('open', 'frozen', 'allocated', 'reviewed')) THEN
      PERFORM quire_deny('a receipt leaves its run only before it is approved');
    END IF;
    RETURN OLD;
  END IF;
  IF TG_OP = 'UPDATE'
     OR NOT EXISTS (SELECT 1 FROM public.distribution_pot AS pot
                      JOIN public.distribution_run AS run ON run.id = pot.run_id AND run.state = 'open'
                      JOIN public.invoicing_receipt AS receipt
                        ON receipt.licence_id = pot.licence_id
                       AND receipt.currency = coalesce(nullif(pot.received_currency, ''), pot.currency)
                       AND receipt.starts = pot.starts AND receipt.ends = pot.ends
                     WHERE pot.id = NEW.pot_id AND receipt.id = NEW.receipt_id) THEN
    PERFORM quire_deny('a receipt joins a pot of its own licence, period and currency, while the run is open');
  END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER distribution_receipt_checked
  BEFORE INSERT OR UPDATE OR DELETE ON public.distribution_potreceipt
  FOR EACH ROW EXECUTE FUNCTION distribution_check_receipt();

-- Lines are written once, by the stage that divides a frozen run, and stand in a pot of that run.
CREATE OR REPLACE FUNCTION distribution_check_lines() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM (SELECT DISTINCT run_id, pot_id FROM new_lines) AS named
               LEFT JOIN public.distribution_pot AS pot ON pot.id = named.pot_id AND pot.run_id = named.run_id
               LEFT JOIN public.distribution_run AS run ON run.id = pot.run_id AND run.state = 'frozen'
              WHERE run.id IS NULL) THEN
    PERFORM quire_deny('lines are written while their run is being divided, and not afterwards');
  END IF;
  RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER distribution_lines_in_time AFTER INSERT ON public.distribution_line
  REFERENCING NEW TABLE AS new_lines FOR EACH STATEMENT EXECUTE FUNCTION distribution_check_lines();

-- Only what a posted run held under a party's name can be released to it: for a hold, or while it was unclear
-- who succeeds it. An award may give away whatever a posted run held or left unclaimed.
CREATE OR REPLACE FUNCTION distribution_check_releases() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM new_releases AS named
               LEFT JOIN public.distribution_line AS line
                 ON line.id = named.line_id
                AND (line.outcome = 'held' AND line.party_id IS NOT NULL
                     OR line.outcome IN ('held', 'unclaimed') AND named.award_id IS NOT NULL)
               LEFT JOIN public.distribution_run AS run
                 ON run.id = line.run_id AND run.state IN ('posted', 'closed')
              WHERE run.id IS NULL) THEN
    PERFORM quire_deny('only what a posted run held under a party''s name is released, or awarded');
  END IF;
  RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER distribution_releases_checked AFTER INSERT ON public.distribution_release
  REFERENCING NEW TABLE AS new_releases FOR EACH STATEMENT EXECUTE FUNCTION distribution_check_releases();

-- A hold ends once; what it is and why is never rewritten.
CREATE OR REPLACE FUNCTION distribution_check_hold() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND OLD.released_on IS NULL
     AND (NEW.id, NEW.work_id, NEW.party_id, NEW.reason, NEW.starts, NEW.part, NEW.since)
         IS NOT DISTINCT FROM
         (OLD.id, OLD.work_id, OLD.party_id, OLD.reason, OLD.starts, OLD.part, OLD.since) THEN
    RETURN NEW;
  END IF;
  PERFORM quire_deny('a hold is released, once, and otherwise stays as it is');
END $$;

CREATE OR REPLACE TRIGGER distribution_hold_checked BEFORE UPDATE OR DELETE ON public.distribution_hold
  FOR EACH ROW EXECUTE FUNCTION distribution_check_hold();

-- Usage that a run counted late counts in that run alone: no other run of the licence counts the same days of the
-- same file, late or as its own.
CREATE OR REPLACE FUNCTION distribution_check_counted() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM new_counted AS named
               JOIN public.distribution_counted AS known
                 ON known.licence_id = named.licence_id AND known.file_id = named.file_id
                AND known.run_id <> named.run_id AND (known.late OR named.late)
                AND known.starts < named.until AND named.starts < known.until) THEN
    PERFORM quire_deny('what counted late counts in one run alone');
  END IF;
  RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER distribution_counted_once AFTER INSERT ON public.distribution_counted
  REFERENCING NEW TABLE AS new_counted FOR EACH STATEMENT EXECUTE FUNCTION distribution_check_counted();

-- Debts are settled once, by what was repaid or by what a second person has approved, and never by more than they are.
CREATE OR REPLACE FUNCTION distribution_check_settled() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM public.distribution_owed AS owed
              WHERE owed.id IN (SELECT owed_id FROM new_settled)
                AND owed.amount < (SELECT sum(amount) FROM public.distribution_settleddebt WHERE owed_id = owed.id))
     OR EXISTS (SELECT 1 FROM public.distribution_settlement AS settlement
                 WHERE settlement.id IN (SELECT settlement_id FROM new_settled)
                   AND (settlement.state <> 'done' OR settlement.amount <>
                        (SELECT sum(amount) FROM public.distribution_settleddebt
                          WHERE settlement_id = settlement.id))) THEN
    PERFORM quire_deny('what settles debts is done, is whole, and is no more than they are');
  END IF;
  RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER distribution_settled_checked AFTER INSERT ON public.distribution_settleddebt
  REFERENCING NEW TABLE AS new_settled FOR EACH STATEMENT EXECUTE FUNCTION distribution_check_settled();

CREATE OR REPLACE FUNCTION distribution_check_settlement() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF TG_OP = 'DELETE' OR OLD.state <> 'proposed'
     OR (OLD.id, OLD.kind, OLD.debtor_id, OLD.currency, OLD.amount, OLD.reference, OLD.reason, OLD.recorded_by_id)
        IS DISTINCT FROM
        (NEW.id, NEW.kind, NEW.debtor_id, NEW.currency, NEW.amount, NEW.reference, NEW.reason, NEW.recorded_by_id) THEN
    PERFORM quire_deny('a write-off is decided once, and what it is never changes');
  END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER distribution_settlement_checked BEFORE UPDATE OR DELETE ON public.distribution_settlement
  FOR EACH ROW EXECUTE FUNCTION distribution_check_settlement();
