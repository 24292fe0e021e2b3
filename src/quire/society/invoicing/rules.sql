-- An invoice never changes. A receipt is the money that its own transaction brought in, no more and no less:
-- what a run divides is summed from receipts, and must be what the ledger has.
-- Functions name their schema, so that a temporary table of the same name cannot stand in for a real one.

CREATE OR REPLACE TRIGGER invoicing_invoice_stays BEFORE UPDATE OR DELETE ON public.invoicing_invoice
  FOR EACH ROW EXECUTE FUNCTION quire_refuse_change();

CREATE OR REPLACE FUNCTION invoicing_check_receipt() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF NEW.transaction_id IS NOT NULL AND NOT EXISTS (
       SELECT 1 FROM public.ledger_transaction AS booked
         JOIN public.ledger_entry AS came ON came.transaction_id = booked.id AND came.amount = NEW.amount
          AND came.currency = NEW.currency
         JOIN public.ledger_account AS bank ON bank.id = came.account_id 
          AND (bank.code = 'rights:bank' OR bank.code LIKE 'rights:credit:%' OR bank.code LIKE 'rights:fund:reserve-%')
         JOIN public.ledger_entry AS went ON went.transaction_id = booked.id AND went.amount = -NEW.amount
          AND went.currency = NEW.currency
         JOIN public.ledger_account AS pot ON pot.id = went.account_id AND pot.code LIKE 'rights:pot:%'
          AND pot.code LIKE '%:' || NEW.starts || ':' || NEW.ends
        WHERE booked.id = NEW.transaction_id AND booked.key = 'receipt:' || NEW.reference) THEN
    RAISE EXCEPTION 'a receipt is what its transaction brought in' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;

-- What is set aside for edges never exceeds a licensee's balance and its limit: checked by ``actions.credit`` under
-- a lock, and by ``quire audit``. An allowance is closed once and otherwise never changes.
CREATE OR REPLACE FUNCTION invoicing_check_allowance() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF TG_OP = 'DELETE' OR OLD.closed_at IS NOT NULL OR NEW.closed_at IS NULL
     OR (OLD.id, OLD.licensee_id, OLD.edge_id, OLD.spool, OLD.currency, OLD.amount, OLD.issued_at, OLD.expires_at)
        IS DISTINCT FROM
        (NEW.id, NEW.licensee_id, NEW.edge_id, NEW.spool, NEW.currency, NEW.amount, NEW.issued_at, NEW.expires_at) THEN
    RAISE EXCEPTION 'an allowance is closed once, and otherwise never changes'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER invoicing_allowance_stays BEFORE UPDATE OR DELETE ON public.invoicing_allowance
  FOR EACH ROW EXECUTE FUNCTION invoicing_check_allowance();

CREATE OR REPLACE TRIGGER invoicing_receipt_checked BEFORE INSERT ON public.invoicing_receipt
  FOR EACH ROW EXECUTE FUNCTION invoicing_check_receipt();
