package app

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/twmb/franz-go/pkg/kgo"

	"hindsight/labels"
	"hindsight/schemas"
)

// The kinds of record on labels-rerouted, told by the header hindsight.kind.
const (
	reroutedLabel    = "label"
	reroutedLift     = "lift"
	reroutedSettings = "settings"

	headerKind      = "hindsight.kind"
	headerTopic     = "hindsight.origin.topic"
	headerPartition = "hindsight.origin.partition"
	headerOffset    = "hindsight.origin.offset"
	headerTimestamp = "hindsight.origin.timestamp"
	headerArrival   = "hindsight.arrival"
)

// origin is where a label first stood and when it arrived there.
type origin struct {
	topic     string
	partition int32
	offset    int64
	timestamp int64 // milliseconds
	arrival   schemas.Instant
}

// rerouteLabel makes the record that carries a label to the partition of its score.
func rerouteLabel(topic string, partition int32, r *kgo.Record, id []byte, arrival schemas.Instant) *kgo.Record {
	return &kgo.Record{
		Topic: topic, Partition: partition, Key: append([]byte(nil), id...), Value: r.Value,
		Headers: []kgo.RecordHeader{
			{Key: headerKind, Value: []byte(reroutedLabel)},
			{Key: headerTopic, Value: []byte(r.Topic)},
			{Key: headerPartition, Value: strconv.AppendInt(nil, int64(r.Partition), 10)},
			{Key: headerOffset, Value: strconv.AppendInt(nil, r.Offset, 10)},
			{Key: headerTimestamp, Value: strconv.AppendInt(nil, r.Timestamp.UnixMilli(), 10)},
			{Key: headerArrival, Value: strconv.AppendInt(nil, int64(arrival), 10)},
		},
	}
}

// rerouteDecision makes the record that logs a lift or settings.
func rerouteDecision(topic string, partition int32, kind string, v any) *kgo.Record {
	b, err := json.Marshal(v)
	if err != nil {
		panic("BUG: " + kind + " does not marshal: " + err.Error())
	}
	return &kgo.Record{Topic: topic, Partition: partition, Value: b, Headers: []kgo.RecordHeader{{Key: headerKind, Value: []byte(kind)}}}
}

// rerouted is one record of labels-rerouted, read back: exactly one of the
// three is set.
type rerouted struct {
	origin   *origin
	lift     *labels.Lift
	settings *labels.Settings
}

func readRerouted(r *kgo.Record) (rerouted, error) {
	headers := map[string]string{}
	for _, h := range r.Headers {
		headers[h.Key] = string(h.Value)
	}
	var out rerouted
	var err error
	switch kind := headers[headerKind]; kind {
	case reroutedLift:
		out.lift = &labels.Lift{}
		err = json.Unmarshal(r.Value, out.lift)
		out.lift.Offset = r.Offset
	case reroutedSettings:
		out.settings = &labels.Settings{}
		err = json.Unmarshal(r.Value, out.settings)
	case reroutedLabel:
		number := func(name string) int64 {
			n, e := strconv.ParseInt(headers[name], 10, 64)
			if e != nil && err == nil {
				err = fmt.Errorf("header %s: %w", name, e)
			}
			return n
		}
		out.origin = &origin{
			topic: headers[headerTopic], partition: int32(number(headerPartition)), offset: number(headerOffset),
			timestamp: number(headerTimestamp), arrival: schemas.Instant(number(headerArrival)),
		}
	default:
		err = fmt.Errorf("header %s is %q: want label, lift or settings", headerKind, kind)
	}
	if err != nil {
		return rerouted{}, fmt.Errorf("%s/%d offset %d is not a record of hindsight: %w", r.Topic, r.Partition, r.Offset, err)
	}
	return out, nil
}
