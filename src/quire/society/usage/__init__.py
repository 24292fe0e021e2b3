"""Usage: what the crawlers did, read from files, kept as rows that never change."""
