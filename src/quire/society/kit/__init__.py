"""Django glue without any domain: the database, ids, clock, locks, fields, the record of acts."""
