"""`surtitle ship lint`: say what is wrong with a Dockerfile."""

from surtitle.cli._options import examples

EPILOG = examples("surtitle ship lint")


def command() -> int:
    """Say what is wrong with a Dockerfile, and mend it."""
    return 0
