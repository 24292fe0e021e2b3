-- Whatever the code does: a run is approved by a second person who holds the role, for the results that
-- stand; its stages follow one another; and who prepared it is never rewritten.

CREATE OR REPLACE FUNCTION distribution_check_approval() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE run distribution_run%ROWTYPE;
BEGIN
  SELECT * INTO run FROM distribution_run WHERE id = NEW.run_id;
  IF run.prepared_by_id = NEW.by_id THEN
    RAISE EXCEPTION 'the preparer of a run cannot approve it' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF NOT EXISTS (SELECT 1 FROM parties_rolegrant WHERE user_id = NEW.by_id AND role = 'approver') THEN
    RAISE EXCEPTION 'only an approver approves a run' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF run.state <> 'reviewed' OR run.results_digest <> NEW.results_digest THEN
    RAISE EXCEPTION 'only a reviewed run is approved, for the results it has'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER distribution_approval_checked BEFORE INSERT ON distribution_approval
  FOR EACH ROW EXECUTE FUNCTION distribution_check_approval();

CREATE OR REPLACE FUNCTION distribution_check_run() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE stages text[] := ARRAY['open', 'frozen', 'allocated', 'reviewed', 'approved', 'posted', 'closed'];
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'a run is cancelled, never deleted' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF TG_OP = 'INSERT' THEN
    IF NEW.state <> 'open' THEN
      RAISE EXCEPTION 'a run begins open' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
  END IF;
  IF NEW.prepared_by_id <> OLD.prepared_by_id OR NEW.plan_id <> OLD.plan_id
     OR NEW.starts <> OLD.starts OR NEW.ends <> OLD.ends OR NEW.opened_at <> OLD.opened_at THEN
    RAISE EXCEPTION 'what a run is, is never rewritten' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF OLD.inputs_digest <> '' AND NEW.inputs_digest <> OLD.inputs_digest
     OR OLD.results_digest <> '' AND NEW.results_digest <> OLD.results_digest THEN
    RAISE EXCEPTION 'a run is never computed again' USING ERRCODE = 'integrity_constraint_violation';
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
  IF NEW.state = 'approved' AND NOT EXISTS (SELECT 1 FROM distribution_approval WHERE run_id = NEW.id) THEN
    RAISE EXCEPTION 'a run is approved by an approval' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER distribution_run_checked BEFORE INSERT OR UPDATE OR DELETE ON distribution_run
  FOR EACH ROW EXECUTE FUNCTION distribution_check_run();
