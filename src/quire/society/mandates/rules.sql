-- What a member said of a path, and what it asked for it, is never rewritten: only the day it ends can be.

CREATE OR REPLACE FUNCTION mandates_check_path() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR (to_jsonb(NEW) - 'ends') <> (to_jsonb(OLD) - 'ends') THEN
    RAISE EXCEPTION 'what was said of a path never changes, but for the day it ends'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER mandates_pathterm_checked BEFORE UPDATE OR DELETE ON public.mandates_pathterm
  FOR EACH ROW EXECUTE FUNCTION mandates_check_path();
CREATE OR REPLACE TRIGGER mandates_pathprice_checked BEFORE UPDATE OR DELETE ON public.mandates_pathprice
  FOR EACH ROW EXECUTE FUNCTION mandates_check_path();
