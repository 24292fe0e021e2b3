"""Payment batches and the bank's file."""
