"""What the Redis source and the Redis sink share: addresses, errors, the connection."""
