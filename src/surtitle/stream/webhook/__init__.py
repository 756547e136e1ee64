"""What the webhook sink is made of: addresses, requests, signatures."""
