"""Money whose owner nobody knows: listed, matched, and in the end disposed of inside its class."""
