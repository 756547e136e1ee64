# escape=`
FROM python:3.12.8-slim-bookworm@sha256:2ec5a4a5c3e919570f57675471f081d6299668d909feabd8d4803c6c61af666c
RUN python -m compileall -q `
    # compiled once
    /usr/local/lib
COPY terms.py /srv/
LABEL org.opencontainers.image.title="terms" `
    org.opencontainers.image.description="Looks terms up." `
    org.opencontainers.image.version="2.3.1" `
    org.opencontainers.image.revision="41c7e0b9" `
    org.opencontainers.image.source="https://git.example.org/terms" `
    org.opencontainers.image.licenses="MIT OR Apache-2.0"

USER 10001:10001
HEALTHCHECK CMD ["python", "/srv/terms.py", "--health"]
CMD ["python", "/srv/terms.py"]
