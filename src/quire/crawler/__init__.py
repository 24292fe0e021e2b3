"""An AI lab's side: what may be crawled and at what price, the token, the cap, the receipts, the report."""
