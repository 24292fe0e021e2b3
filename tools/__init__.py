"""Programs that look after the house. They need nothing but Python and git."""
