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

-- A client is what it was made as, until it is revoked, once. A secret's last day can only come nearer.

CREATE OR REPLACE FUNCTION licensing_check_client() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR (to_jsonb(NEW) - 'revoked') <> (to_jsonb(OLD) - 'revoked')
     OR (OLD.revoked IS NOT NULL AND NEW.revoked IS DISTINCT FROM OLD.revoked) THEN
    RAISE EXCEPTION 'a client never changes, but for being revoked'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER licensing_client_checked BEFORE UPDATE OR DELETE ON public.licensing_client
  FOR EACH ROW EXECUTE FUNCTION licensing_check_client();

CREATE OR REPLACE FUNCTION licensing_check_secret() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR (to_jsonb(NEW) - 'ends') <> (to_jsonb(OLD) - 'ends')
     OR NEW.ends IS NULL OR NEW.ends > OLD.ends THEN
    RAISE EXCEPTION 'a secret never changes, but for ending sooner'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER licensing_secret_checked BEFORE UPDATE OR DELETE ON public.licensing_clientsecret
  FOR EACH ROW EXECUTE FUNCTION licensing_check_secret();
