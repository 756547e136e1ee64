"""Where records come from; each module has one `Source` of `surtitle.stream.ports`."""
