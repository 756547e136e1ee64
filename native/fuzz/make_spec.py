"""Write the text path of a default English project where the fuzz targets find it."""

from pathlib import Path

from surtitle.settings import TextSettings
from surtitle.text.native import NativeHelpers
from surtitle.text.rules import read_rules

settings = TextSettings()
rules = read_rules(settings)
if rules is None:
    raise SystemExit("the English pipeline has no rules")
Path(__file__).with_name("spec.json").write_bytes(NativeHelpers(rules.with_programs(), settings.cleaning).spec)
