"""Telling people what happens to a model: each thing once, to every channel, without ever stopping the loop."""
