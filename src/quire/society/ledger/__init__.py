"""Double entry: accounts, transactions, entries, each sealed and chained."""
