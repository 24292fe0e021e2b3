"""Applications judged by criteria, joining, leaving with notice."""
