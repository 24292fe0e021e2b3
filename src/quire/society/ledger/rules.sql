-- The ledger's rules, held by the database whatever the programs above it do.
-- Run by the owner of the tables after every migration; every statement can be run again.
-- Functions run with the owner's rights and name their schema, so that a temporary table of the same name
-- cannot stand in for a real one.

-- A transaction with a row here is complete: it was found balanced and in its place in the chain.
CREATE TABLE IF NOT EXISTS public.ledger_seal (
  transaction_id uuid PRIMARY KEY REFERENCES public.ledger_transaction (id)
);
REVOKE ALL ON public.ledger_seal FROM PUBLIC, quire_app;
GRANT SELECT ON public.ledger_seal TO quire_app;
CREATE OR REPLACE TRIGGER ledger_seal_grows BEFORE UPDATE OR DELETE ON public.ledger_seal
  FOR EACH ROW EXECUTE FUNCTION quire_refuse_change();
CREATE OR REPLACE TRIGGER ledger_seal_stays BEFORE TRUNCATE ON public.ledger_seal
  FOR EACH STATEMENT EXECUTE FUNCTION quire_refuse_change();

-- At commit, once for each new header: at least two entries, each currency sums to zero, the number follows
-- the one before and names its digest. Then the seal.
CREATE OR REPLACE FUNCTION ledger_check_and_seal() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  entries bigint;
  wrong text;
  before text;
BEGIN
  SELECT count(*) INTO entries FROM public.ledger_entry WHERE transaction_id = NEW.id;
  IF entries < 2 THEN
    RAISE EXCEPTION 'ledger transaction % (%) has % entries, and needs two at least', NEW.number, NEW.key, entries
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;

  SELECT string_agg(uneven.rest || ' ' || uneven.currency, ', ' ORDER BY uneven.currency) INTO wrong
    FROM (SELECT currency, sum(amount) AS rest FROM public.ledger_entry
           WHERE transaction_id = NEW.id GROUP BY currency HAVING sum(amount) <> 0) AS uneven;
  IF wrong IS NOT NULL THEN
    RAISE EXCEPTION 'ledger transaction % (%) does not balance: it is off by %', NEW.number, NEW.key, wrong
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;

  IF NEW.number = 1 THEN
    before := repeat('0', 64);
  ELSE
    SELECT digest INTO before FROM public.ledger_transaction WHERE number = NEW.number - 1;
  END IF;
  IF before IS NULL THEN
    RAISE EXCEPTION 'ledger transaction % (%) follows no transaction %', NEW.number, NEW.key, NEW.number - 1
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF NEW.previous <> before OR NEW.digest !~ '^[0-9a-f]{64}$' THEN
    RAISE EXCEPTION 'ledger transaction % (%) breaks the chain of digests', NEW.number, NEW.key
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;

  INSERT INTO public.ledger_seal (transaction_id) VALUES (NEW.id);
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION ledger_check_and_seal() FROM PUBLIC;

DROP TRIGGER IF EXISTS ledger_transaction_sealed ON public.ledger_transaction;
CREATE CONSTRAINT TRIGGER ledger_transaction_sealed AFTER INSERT ON public.ledger_transaction
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_check_and_seal();

-- Entries join a header that is there and not yet sealed. "That is there" matters: foreign keys are checked
-- at commit only, so that an entry written ahead of its header could otherwise slip in after the seal.
CREATE OR REPLACE FUNCTION ledger_refuse_late_entries() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  late record;
BEGIN
  SELECT named.transaction_id, header.number INTO late
    FROM (SELECT DISTINCT transaction_id FROM new_entries) AS named
    LEFT JOIN public.ledger_transaction AS header ON header.id = named.transaction_id
    LEFT JOIN public.ledger_seal AS seal ON seal.transaction_id = named.transaction_id
   WHERE header.id IS NULL OR seal.transaction_id IS NOT NULL
   LIMIT 1;
  IF FOUND AND late.number IS NULL THEN
    RAISE EXCEPTION 'ledger entries name the transaction %, which is not there', late.transaction_id
      USING ERRCODE = 'integrity_constraint_violation';
  ELSIF FOUND THEN
    RAISE EXCEPTION 'ledger transaction % is sealed: no entry can be added', late.number
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION ledger_refuse_late_entries() FROM PUBLIC;

CREATE OR REPLACE TRIGGER ledger_entry_in_time AFTER INSERT ON public.ledger_entry
  REFERENCING NEW TABLE AS new_entries FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_late_entries();
