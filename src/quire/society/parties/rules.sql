-- Who was a party stays on record, whatever the code does; a role is given or taken, never turned into
-- another: what a grant was for an approval is what it says.

REVOKE DELETE, TRUNCATE ON public.parties_party FROM quire_app;
REVOKE UPDATE, TRUNCATE ON public.parties_rolegrant FROM quire_app;

CREATE OR REPLACE FUNCTION parties_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_TABLE_NAME = 'parties_rolegrant' THEN
    RAISE EXCEPTION 'a role is given or taken, never turned into another'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RAISE EXCEPTION 'a party is never deleted' USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE OR REPLACE TRIGGER parties_party_kept BEFORE DELETE ON public.parties_party
  FOR EACH ROW EXECUTE FUNCTION parties_refuse();
CREATE OR REPLACE TRIGGER parties_party_stays BEFORE TRUNCATE ON public.parties_party
  FOR EACH STATEMENT EXECUTE FUNCTION parties_refuse();
CREATE OR REPLACE TRIGGER parties_rolegrant_kept BEFORE UPDATE ON public.parties_rolegrant
  FOR EACH ROW EXECUTE FUNCTION parties_refuse();
