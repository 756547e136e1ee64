FROM --platform=$BUILDPLATFORM golang:1.23.4-alpine3.21@sha256:2ec5a4a5c3e919570f57675471f081d6299668d909feabd8d4803c6c61af666c AS build
ARG TARGETOS
ARG TARGETARCH
WORKDIR /src
RUN apk add --no-cache ca-certificates git
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH go build -trimpath -o /out/terms ./cmd/terms

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/terms /terms
LABEL org.opencontainers.image.title="terms" \
    org.opencontainers.image.description="Looks terms up." \
    org.opencontainers.image.version="2.3.1" \
    org.opencontainers.image.revision="41c7e0b9" \
    org.opencontainers.image.source="https://git.example.org/terms"

USER 65534:65534
EXPOSE 9000
HEALTHCHECK CMD ["/terms", "health"]
ENTRYPOINT ["/terms"]
