"""A member's site: who is let in, on what terms, and a record of it. No Django, no database."""
