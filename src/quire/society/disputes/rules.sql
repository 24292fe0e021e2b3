-- A dispute goes forward only, and what it is about never changes; ended, nothing of it does, but for the day
-- on which a decision for later was applied.

CREATE OR REPLACE FUNCTION disputes_check_dispute() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE ways text[] := ARRAY['filed', 'documented', 'disputed'];
BEGIN
  IF TG_OP = 'DELETE'
     OR (OLD.id, OLD.kind, OLD.work_id, OLD.claimant_id, OLD.since, OLD.wanted, OLD.reason, OLD.filed_on,
         OLD.document_by)
        IS DISTINCT FROM
        (NEW.id, NEW.kind, NEW.work_id, NEW.claimant_id, NEW.since, NEW.wanted, NEW.reason, NEW.filed_on,
         NEW.document_by) THEN
    RAISE EXCEPTION 'what a dispute is about never changes' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF OLD.ended_on IS NOT NULL
     AND ((OLD.state, OLD.ended_on, OLD.ended_by, OLD.outcome, OLD.applies_from)
          IS DISTINCT FROM (NEW.state, NEW.ended_on, NEW.ended_by, NEW.outcome, NEW.applies_from)
          OR OLD.applied_on IS NOT NULL AND OLD.applied_on IS DISTINCT FROM NEW.applied_on) THEN
    RAISE EXCEPTION 'a dispute that has ended stays as it ended' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF array_position(ways, NEW.state::text) < array_position(ways, OLD.state::text) THEN
    RAISE EXCEPTION 'a dispute does not go back to an earlier state'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER disputes_dispute_checked BEFORE UPDATE OR DELETE ON public.disputes_dispute
  FOR EACH ROW EXECUTE FUNCTION disputes_check_dispute();
