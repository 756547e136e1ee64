"""What is inside the image that `surtitle ship image` makes, and the images of others that stand beside it."""

from surtitle.project import STATE_FOLDER
from surtitle.ship.image.dockerfile import USER

__all__ = ["GRAFANA", "KAFKA", "NGINX", "PROJECT", "PROMETHEUS", "STATE", "USER"]

PROJECT = "/srv/surtitle"
"""The settings and the registry, which belong to root."""
STATE = f"{PROJECT}/{STATE_FOLDER}"
"""What the service and the stream write; the user's own."""

# By digest, of several machines; the tag is for people. Dependabot and Renovate know how to move both.
NGINX = "nginxinc/nginx-unprivileged:1.30.4@sha256:cb92301e719d6639028de775fe8b28e15f58343aca5e5372001311958aafb300"
# Not 4.3 or 4.4: one broker alone, killed at the wrong moment, leaves a stream waiting (KAFKA-20734).
KAFKA = "apache/kafka:4.2.1@sha256:9916d60eca5d599550e2c320230808fda342124ba550bb4ac4ea8591803262a0"
PROMETHEUS = "prom/prometheus:v3.15.0@sha256:efd719c99d83b060d9daefdcf00360461adf279f45ef5391f8d111892118753e"
GRAFANA = "grafana/grafana:13.2.3@sha256:b28bae15e219c998fb0e0424ed724930cc61b1f61fb404d47c862f9a23f9e572"
