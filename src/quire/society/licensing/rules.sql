-- What a licence grants, and for what price, is never rewritten: only the day it ends can be.

CREATE OR REPLACE FUNCTION licensing_check_licence() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR (to_jsonb(NEW) - 'ends') <> (to_jsonb(OLD) - 'ends') THEN
    RAISE EXCEPTION 'a licence never changes, but for the day it ends'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER licensing_licence_checked BEFORE UPDATE OR DELETE ON public.licensing_licence
  FOR EACH ROW EXECUTE FUNCTION licensing_check_licence();
