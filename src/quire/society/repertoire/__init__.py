"""Sites, works, ownership shares, syndication, and the look-up from a URL."""
