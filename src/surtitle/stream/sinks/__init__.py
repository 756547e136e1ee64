"""Where outputs go; each module has one `Sink` of `surtitle.stream.ports`."""
