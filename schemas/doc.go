// Package schemas owns the records that flow between the stages: their Go
// shape, their Avro schemas (*.avsc), their bytes, and how the bytes of other
// people's schemas are projected onto the few fields that a stage needs.
//
// It is the leaf that every stage may import. It must not know Kafka, HTTP,
// models, windows, Prometheus or clocks: it is given bytes and returns values.
package schemas
