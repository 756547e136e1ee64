"""Late labels joined to decisions, quality over time, and the loop that retrains."""
