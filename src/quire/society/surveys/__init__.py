"""Surveys: what the works were used by many licensees, estimated from the reports of some."""
