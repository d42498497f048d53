# One static binary, the demo's files beside it, and nothing else.
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ENV CGO_ENABLED=0
RUN go build -trimpath -ldflags="-s -w" -o /out/hindsight .
# The demo's own data and configuration, at addresses that the environment names.
RUN set -eu; /out/hindsight demo --export /out/demo; cd /out/demo; \
    sed -i -e 's|127\.0\.0\.1:9092|${KAFKA_BROKERS}|' -e 's|http://127\.0\.0\.1:8081|${REGISTRY_URL}|' hindsight.yaml; \
    grep -q '^  brokers: \[${KAFKA_BROKERS}\]' hindsight.yaml; grep -q 'url: ${REGISTRY_URL}' hindsight.yaml; \
    printf '\nhttp: {listen: "0.0.0.0:8080"}\n' >>hindsight.yaml; \
    mkdir state; KAFKA_BROKERS=kafka:9092 REGISTRY_URL=http://registry:8081 /out/hindsight config show -c hindsight.yaml

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /out/hindsight /usr/local/bin/hindsight
COPY --from=build --chown=nonroot:nonroot /out/demo /demo
USER nonroot:nonroot
EXPOSE 8080
ENTRYPOINT ["/usr/local/bin/hindsight"]
CMD ["demo", "--http", "0.0.0.0:8080"]
