#!/usr/bin/env bash
# Builds the image of the champion, and keeps it as image/image.tar with the list of what is in it beside it.
#     ci/build.sh [--no-cache]
set -euo pipefail

tag=localhost/@{tag}:ci
# An index of your own: pip's own variable names the file that says where it is.
if [[ -n "${PIP_CONFIG_FILE:-}" ]]; then set -- "$@" --secret "id=pip.conf,src=$PIP_CONFIG_FILE"; fi
if command -v podman >/dev/null; then builder=podman; else builder=buildah; fi

# Wheels that no index has: a folder of them.
wheels=()
if [[ -n "${SURTITLE_WHEELS:-}" ]]; then wheels=(--wheels "$SURTITLE_WHEELS"); fi

surtitle ship image --keep-edited "${wheels[@]}" --build --builder "$builder" --tag "$tag" -- "$@"
surtitle ship lint
mkdir -p image
rm -f image/image.tar  # an archive is not written over
"$builder" push "$tag" oci-archive:image/image.tar
cp sbom.cdx.json image/
