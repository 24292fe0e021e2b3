"""Fees due and receipts."""
