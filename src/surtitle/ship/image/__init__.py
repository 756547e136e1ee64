"""The image of a project: a Dockerfile, a lock with hashes, a bill of materials, and a build that repeats.

Start at `make_files` and `build`.
"""

from surtitle.ship.image.building import Builder, Built, Format, build, choose_builder, default_tag
from surtitle.ship.image.making import ImageFiles, make_files

__all__ = ["Builder", "Built", "Format", "ImageFiles", "build", "choose_builder", "default_tag", "make_files"]
