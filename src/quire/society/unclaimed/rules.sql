-- A disposal is done by a second person who holds the role, or withdrawn; what was prepared is never rewritten.

CREATE OR REPLACE FUNCTION unclaimed_check_disposal() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF TG_OP = 'DELETE' OR OLD.state <> 'prepared'
     OR (OLD.id, OLD.way, OLD.decision, OLD.year, OLD.reserve, OLD.digest, OLD.prepared_by_id, OLD.prepared_on)
        IS DISTINCT FROM
        (NEW.id, NEW.way, NEW.decision, NEW.year, NEW.reserve, NEW.digest, NEW.prepared_by_id, NEW.prepared_on)
  THEN
    RAISE EXCEPTION 'a disposal is done or withdrawn, once, and otherwise stays as it was prepared'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF NEW.state = 'done' AND NOT EXISTS (
       SELECT 1 FROM public.parties_rolegrant WHERE user_id = NEW.approved_by_id AND role = 'approver') THEN
    RAISE EXCEPTION 'only an approver disposes of unclaimed money'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER unclaimed_disposal_checked BEFORE UPDATE OR DELETE ON public.unclaimed_disposal
  FOR EACH ROW EXECUTE FUNCTION unclaimed_check_disposal();
