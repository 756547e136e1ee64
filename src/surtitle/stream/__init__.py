"""The stream: events decided as they come, in event time, with nothing lost and nothing twice."""
