// Package dashboard owns the web page, its JSON API and the health endpoints:
// it turns a Snapshot, a read-only value that somebody else fills, into bytes
// for a browser or a script. Everything is GET, nothing changes anything, and
// every string in a Snapshot is taken to be hostile.
//
// Endpoints: / (the page), /static/, /api/v1/snapshot, /api/v1/windows,
// /api/v1/segments, /api/v1/alarms, /api/v1/story, /api/v1/ledger, /healthz, /readyz and, where a handler is
// given, /metrics.
//
// It must not know Kafka, configuration, stores, stages or Prometheus, and it
// keeps no state between two requests.
package dashboard
