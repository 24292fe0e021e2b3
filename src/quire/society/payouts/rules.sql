-- A batch is written once. Only that the bank has executed it is added, once; a payment never changes at all.

CREATE OR REPLACE FUNCTION payouts_check_batch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'a payment batch is never deleted' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF OLD.settled_id IS NOT NULL OR (to_jsonb(NEW) - 'settled_id') <> (to_jsonb(OLD) - 'settled_id') THEN
    RAISE EXCEPTION 'a payment batch never changes, but for being settled once'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER payouts_batch_checked BEFORE UPDATE OR DELETE ON payouts_batch
  FOR EACH ROW EXECUTE FUNCTION payouts_check_batch();
