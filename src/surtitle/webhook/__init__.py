"""What posting to somebody else's server is made of: addresses, requests, signatures."""
