-- Who was a member, and since when, is what an answer, a line and a payout rest on: the database lets a
-- membership end, and otherwise keeps it as it is.

REVOKE DELETE, TRUNCATE ON public.membership_membership FROM quire_app;

CREATE OR REPLACE FUNCTION membership_check_membership() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'a membership ends, and is never deleted' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF (to_jsonb(NEW) - 'ends' - 'notice_on') <> (to_jsonb(OLD) - 'ends' - 'notice_on') THEN
    RAISE EXCEPTION 'a membership keeps its party and its first day' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER membership_membership_checked BEFORE UPDATE OR DELETE ON public.membership_membership
  FOR EACH ROW EXECUTE FUNCTION membership_check_membership();
CREATE OR REPLACE TRIGGER membership_membership_stays BEFORE TRUNCATE ON public.membership_membership
  FOR EACH STATEMENT EXECUTE FUNCTION membership_check_membership();
