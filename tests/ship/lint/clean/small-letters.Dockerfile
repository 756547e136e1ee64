from python:3.12.8-slim-bookworm@sha256:2ec5a4a5c3e919570f57675471f081d6299668d909feabd8d4803c6c61af666c as base
workdir /srv
copy terms.py ./
label org.opencontainers.image.title="terms" \
    org.opencontainers.image.description="Looks terms up." \
    org.opencontainers.image.version="2.3.1" \
    org.opencontainers.image.revision="41c7e0b9" \
    org.opencontainers.image.source="https://git.example.org/terms" \
    org.opencontainers.image.licenses="MIT OR Apache-2.0"

user 10001:10001
healthcheck none
entrypoint ["python", "terms.py"]
