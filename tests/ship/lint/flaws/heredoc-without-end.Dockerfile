# syntax=docker/dockerfile:1.7
FROM debian:bookworm-20241202-slim@sha256:2ec5a4a5c3e919570f57675471f081d6299668d909feabd8d4803c6c61af666c AS fetch
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
ARG DEBIAN_FRONTEND=noninteractive
RUN <<EOF
set -eux
apt-get update
apt-get install -y --no-install-recommends ca-certificates curl
rm -rf /var/lib/apt/lists/*
curl --fail --silent --show-error --location --output /tmp/list.tar.gz https://example.org/list-1.4.tar.gz
echo "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08  /tmp/list.tar.gz" | sha256sum --check -
mkdir --parents /srv/list
tar --extract --file /tmp/list.tar.gz --directory /srv/list
EOF

FROM debian:bookworm-20241202-slim@sha256:2ec5a4a5c3e919570f57675471f081d6299668d909feabd8d4803c6c61af666c
RUN <<EOF
apt-get update
apt-get install -qq --no-install-recommends python3-minimal
rm -rf /var/lib/apt/lists/*
EOF
COPY --from=fetch --chmod=0755 /srv/list /srv/list
COPY <<"EOT" /etc/terms.conf
[serve]
port = 8080
EOF
COPY terms.py /srv/
LABEL org.opencontainers.image.title="terms" \
    org.opencontainers.image.description="Looks terms up." \
    org.opencontainers.image.version="2.3.1" \
    org.opencontainers.image.revision="41c7e0b9" \
    org.opencontainers.image.source="https://git.example.org/terms" \
    org.opencontainers.image.licenses="MIT OR Apache-2.0"

USER 20000:20000
EXPOSE 8080
HEALTHCHECK CMD ["python3", "/srv/terms.py", "--health"]
ENTRYPOINT ["python3", "/srv/terms.py"]
