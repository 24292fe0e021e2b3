"""The HTTP API: a thin front over actions and queries. Owns addresses, shapes and problem documents only."""
