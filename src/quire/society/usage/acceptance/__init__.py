"""What edges send: taken at the door, durable before the answer, and nothing decided yet."""
