// Package publish turns rows of CSV, NDJSON and Avro files into Avro records
// by a schema, and puts them on Kafka in the order of their own times. It owns
// the conversion of text to Avro's types, the framing of values, the choice of
// keys and partitions, and pacing; the demo publishes through the same code.
//
// It must not know what becomes of an event or a label: models, joins, windows.
package publish
