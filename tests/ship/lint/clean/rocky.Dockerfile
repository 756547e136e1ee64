FROM rockylinux:9.3.20231119-minimal@sha256:2ec5a4a5c3e919570f57675471f081d6299668d909feabd8d4803c6c61af666c
RUN microdnf install -y python3.12 \
    && microdnf clean all \
    && rm -rf /var/cache/yum
RUN if [[ -e /etc/motd ]]; then rm /etc/motd; fi
COPY terms.py /srv/
LABEL org.opencontainers.image.title="terms" \
    org.opencontainers.image.description="Looks terms up." \
    org.opencontainers.image.version="2.3.1" \
    org.opencontainers.image.revision="41c7e0b9" \
    org.opencontainers.image.source="https://git.example.org/terms" \
    org.opencontainers.image.licenses="MIT OR Apache-2.0"

USER 10001:10001
EXPOSE 8080-8081
HEALTHCHECK CMD ["python3.12", "/srv/terms.py", "--health", "http://localhost:8081"]
CMD ["python3.12", "/srv/terms.py"]
