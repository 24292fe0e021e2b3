-- A batch is written once. Only that the bank has executed it is added, once; a payment never changes at all.
-- Functions name their schema, so that a temporary table of the same name cannot stand in for a real one.

CREATE OR REPLACE FUNCTION payouts_check_batch() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    PERFORM quire_deny('a payment batch is never deleted');
  END IF;
  IF OLD.settled_id IS NOT NULL OR (to_jsonb(NEW) - 'settled_id') <> (to_jsonb(OLD) - 'settled_id') THEN
    PERFORM quire_deny('a payment batch never changes, but for being settled once');
  END IF;
  IF NEW.settled_id IS NOT NULL AND NOT EXISTS (
       SELECT 1 FROM public.ledger_entry AS left_it
         JOIN public.ledger_account AS account ON account.id = left_it.account_id
          AND account.code LIKE 'rights:transit:%'
         JOIN public.ledger_entry AS done ON done.account_id = left_it.account_id
          AND done.currency = left_it.currency AND done.amount = -left_it.amount
        WHERE left_it.transaction_id = NEW.transit_id AND done.transaction_id = NEW.settled_id) THEN
    PERFORM quire_deny('a batch is settled by the transaction that takes its own money out of transit');
  END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER payouts_batch_checked BEFORE UPDATE OR DELETE ON payouts_batch
  FOR EACH ROW EXECUTE FUNCTION payouts_check_batch();

-- The payments of a batch are never more than what its transaction took from the payees.
CREATE OR REPLACE FUNCTION payouts_check_payments() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF EXISTS (
       SELECT 1 FROM public.payouts_batch AS batch
        WHERE batch.id IN (SELECT batch_id FROM new_payments)
          AND (SELECT sum(amount) FROM public.payouts_payment WHERE batch_id = batch.id)
            > (SELECT coalesce(-sum(entry.amount), 0) FROM public.ledger_entry AS entry
                 JOIN public.ledger_account AS account ON account.id = entry.account_id
                WHERE entry.transaction_id = batch.transit_id AND entry.currency = batch.currency
                  AND account.code LIKE 'rights:transit:%')) THEN
    PERFORM quire_deny('a batch pays no more than its transaction took from the payees');
  END IF;
  RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER payouts_payments_covered AFTER INSERT ON public.payouts_payment
  REFERENCING NEW TABLE AS new_payments FOR EACH STATEMENT EXECUTE FUNCTION payouts_check_payments();

-- A payment comes back once, whole: out of the bank's account, onto the balance of its own payee.
CREATE OR REPLACE FUNCTION payouts_check_return() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF NOT EXISTS (
       SELECT 1 FROM public.payouts_payment AS paid
         JOIN public.payouts_batch AS batch ON batch.id = paid.batch_id AND batch.settled_id IS NOT NULL
         JOIN public.ledger_entry AS taken ON taken.transaction_id = batch.transit_id AND taken.amount = paid.amount
          AND taken.currency = batch.currency
         JOIN public.ledger_account AS payee ON payee.id = taken.account_id AND payee.code LIKE 'rights:payable:%'
         JOIN public.ledger_entry AS given ON given.transaction_id = NEW.transaction_id
          AND given.account_id = payee.id AND given.amount = -paid.amount AND given.currency = batch.currency
        WHERE paid.id = NEW.payment_id) THEN
    PERFORM quire_deny('a payment comes back whole to a payee of its batch');
  END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER payouts_return_checked BEFORE INSERT ON public.payouts_return
  FOR EACH ROW EXECUTE FUNCTION payouts_check_return();
