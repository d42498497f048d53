package consumer

import (
	"strconv"

	"github.com/twmb/franz-go/pkg/kgo"
)

// Fault says why a record became a dead letter.
type Fault struct {
	Stage   string // score, join
	Class   string // bounded vocabulary: wire, unknown_schema, schema, datum, no_id, no_time, future_timestamp, crash, …
	Message string
	Version string // of the model, where one was asked
}

// maxDeadLetter is the largest value that is forwarded whole: the topic takes
// 16 MiB, which must hold key and headers too.
const maxDeadLetter = 16<<20 - 64<<10

// RecordBytes is the most that r takes of a topic's max.message.bytes, in a
// batch of its own.
func RecordBytes(r *kgo.Record) int {
	const batch, lengths = 61, 40 // the header of the batch; the varints of a record
	n := batch + lengths + len(r.Key) + len(r.Value)
	for _, h := range r.Headers {
		n += len(h.Key) + len(h.Value) + 10
	}
	return n
}

// DeadLetter makes the record that tells what happened to r: value, key
// and headers as they were, the reason and the origin in hindsight.error.*
// headers. Its own timestamp is the wall clock's, because retention works by it.
func DeadLetter(topic string, partitions int32, r *kgo.Record, f Fault) *kgo.Record {
	value := r.Value
	headers := append([]kgo.RecordHeader(nil), r.Headers...)
	offsets, skipped := Skipped(r)
	if skipped {
		headers = nil
	}
	add := func(name, value string) {
		headers = append(headers, kgo.RecordHeader{Key: "hindsight.error." + name, Value: []byte(value)})
	}
	add("class", f.Class)
	add("message", f.Message)
	add("topic", r.Topic)
	add("partition", strconv.Itoa(int(r.Partition)))
	add("offset", strconv.FormatInt(r.Offset, 10))
	add("timestamp", strconv.FormatInt(r.Timestamp.UnixMilli(), 10))
	add("stage", f.Stage)
	if skipped { // the letter stands for all of them
		add("offsets", strconv.FormatInt(offsets, 10))
	}
	if f.Version != "" {
		add("version", f.Version)
	}
	if len(value) > maxDeadLetter {
		add("truncated", strconv.Itoa(len(value)))
		value = value[:maxDeadLetter]
	}
	return &kgo.Record{Topic: topic, Partition: DeadLetterPartition(r.Partition, partitions), Key: r.Key, Value: value, Headers: headers}
}

// DeadLetterPartition is where dead letters of the records of a partition lie.
func DeadLetterPartition(partition, partitions int32) int32 { return partition % partitions }
