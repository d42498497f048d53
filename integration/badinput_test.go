//go:build integration

package integration

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sr"
	"github.com/twmb/franz-go/pkg/sr/srfake"
)

const badInputConfig = `
registry: {url: %q}
output: {wire: single-object}
events: {topic: PREFIX-events, wire: confluent, id: event_id, time: event_time, max_skew: 10m, max_bytes: 1MiB}
labels: {topic: PREFIX-labels, wire: confluent, id: event_id, value: label, time: label_time, horizon: 6h, grace: 1h}
watch: {slice: 10m, windows: [{name: quarter, size: 6h}]}
`

const (
	looseEvent = `{"type": "record", "name": "Loose", "fields": [
  {"name": "event_id", "type": ["null", "string"]}, {"name": "event_time", "type": {"type": "long", "logicalType": "timestamp-millis"}},
  {"name": "x0", "type": "double"}, {"name": "x1", "type": "double"}, {"name": "x2", "type": "double"}, {"name": "x3", "type": "double"},
  {"name": "note", "type": "string"}]}`
	shortEvent = `{"type": "record", "name": "Short", "fields": [
  {"name": "event_id", "type": "string"}, {"name": "event_time", "type": {"type": "long", "logicalType": "timestamp-millis"}},
  {"name": "x0", "type": "double"}]}`
	listLabel = `{"type": "record", "name": "List", "fields": [
  {"name": "event_id", "type": "string"}, {"name": "label", "type": {"type": "array", "items": "string"}},
  {"name": "label_time", "type": {"type": "long", "logicalType": "timestamp-millis"}}]}`
)

// A bad record and what is to be said of it.
type bad struct {
	name  string
	topic string
	value []byte
	class string
	says  string // a part of the message

	sent *kgo.Record
}

// TestBadInput puts one record of each kind of fault between good ones: each
// ends in the dead letters as it was, with the reason, and the stream goes on.
func TestBadInput(t *testing.T) {
	c := newCluster(t)
	dir := t.TempDir()
	trainBundle(t, dir)
	registry := srfake.New()
	defer registry.Close()
	c.config(dir, "hindsight.yaml", fmt.Sprintf(badInputConfig, registry.URL()))
	c.create("events", 2, map[string]string{"max.message.bytes": strconv.Itoa(4 << 20)})
	c.create("labels", 2, nil)
	succeed(t, dir, "topics", "create", "-c", "hindsight.yaml")

	loose := c.register(registry, "events", looseEvent)
	short := c.register(registry, "events-short", shortEvent)
	label := c.register(registry, "labels", labelSchema)
	list := c.register(registry, "labels-list", listLabel)
	now := time.Now()
	at := now.Add(-24 * time.Hour)
	event := func(id string, at time.Time, x0 float64, note string) []byte {
		value := appendText(binary.AppendVarint(framed(loose), 1), id)
		value = binary.AppendVarint(value, at.UnixMilli())
		for _, x := range [4]float64{x0, 0, 0, 0} {
			value = binary.LittleEndian.AppendUint64(value, math.Float64bits(x))
		}
		return appendText(value, note)
	}
	truth := func(id, text string) []byte {
		return binary.AppendVarint(appendText(appendText(framed(label), id), text), at.UnixMilli())
	}
	whole := event("good", at, 1, "")
	all := []bad{
		{"no Avro", "events", []byte("hello, world"), "wire", "", nil},
		{"empty", "events", []byte{}, "wire", "", nil},
		{"cut short", "events", whole[:20], "datum", "", nil},
		{"a schema that the registry does not have", "events", append(framed(99999), whole[5:]...), "unknown_schema", "99999", nil},
		{"a schema without the features", "events", binary.LittleEndian.AppendUint64(binary.AppendVarint(appendText(framed(short), "short"), at.UnixMilli()), 0), "schema", "x1", nil},
		{"no id", "events", append(binary.AppendVarint(framed(loose), 0), whole[5+1+5:]...), "no_id", "event_id", nil},
		{"an hour ahead", "events", event("ahead", now.Add(time.Hour), 1, ""), "future_timestamp", "", nil},
		{"two megabytes", "events", event("large", at, 1, strings.Repeat("x", 2<<20)), "too_large", "max_bytes", nil},
		{"a label that is a list", "labels", binary.AppendVarint(append(appendText(framed(list), "good-0"), 0), at.UnixMilli()), "schema", "label", nil},
		{"a label without an id", "labels", truth("", "1"), "no_id", "event_id", nil},
		{"a label that is cut short", "labels", truth("good-0", "1")[:8], "datum", "", nil},
	}

	var records []*kgo.Record
	add := func(topic, key string, value []byte) {
		records = append(records, &kgo.Record{Topic: c.topic(topic), Partition: int32(len(records) % 2), Key: []byte(key), Value: value, Timestamp: at})
	}
	good := 0
	for i, b := range all {
		for range 3 { // so that good ones lie before and behind it on both partitions
			id := fmt.Sprintf("good-%d", good)
			add("events", id, event(id, at, 1, ""))
			add("labels", id, truth(id, "1"))
			good++
		}
		add(b.topic, b.name, b.value)
		all[i].sent = records[len(records)-1]
	}
	if err := c.client.ProduceSync(t.Context(), records...).FirstErr(); err != nil {
		t.Fatal(err)
	}
	succeed(t, dir, "run", "-c", "hindsight.yaml", "--until-end", "--report", "report.json")

	letters := map[string]*kgo.Record{}
	c.committed("dead-letters", func(r *kgo.Record) {
		if letters[string(r.Key)] != nil {
			t.Errorf("%s is there twice", r.Key)
		}
		letters[string(r.Key)] = r
	})
	badEvents := int64(0)
	for _, b := range all {
		if b.topic == "events" {
			badEvents++
		}
		letter := letters[b.name]
		if letter == nil {
			t.Errorf("%s: no dead letter", b.name)
			continue
		}
		delete(letters, b.name)
		judgeLetter(t, c, b, letter)
	}
	for key := range letters {
		t.Errorf("%q is a dead letter", key)
	}
	r := readReport(t, filepath.Join(dir, "report.json"))
	r.addsUp(t, int64(good)+badEvents, int64(good)+int64(len(all))-badEvents)
	if r.DeadLetters != badEvents || r.Labels["dead_letter"] != int64(len(all))-badEvents {
		t.Errorf("%d events and %d labels are dead letters, want %d and %d", r.DeadLetters, r.Labels["dead_letter"], badEvents, int64(len(all))-badEvents)
	}
	if r.Outcomes["matched"] != int64(good) {
		t.Errorf("%d good events found their labels, want %d", r.Outcomes["matched"], good)
	}
}

// judgeLetter compares a dead letter with the record that it was.
func judgeLetter(t *testing.T, c *cluster, b bad, letter *kgo.Record) {
	headers := map[string]string{}
	for _, h := range letter.Headers {
		headers[h.Key] = string(h.Value)
	}
	if !bytes.Equal(letter.Value, b.value) {
		t.Errorf("%s: the value is not as it was: %d bytes, were %d", b.name, len(letter.Value), len(b.value))
	}
	if got := headers["hindsight.error.class"]; got != b.class {
		t.Errorf("%s: class %q (%s), want %q", b.name, got, headers["hindsight.error.message"], b.class)
	}
	if got := headers["hindsight.error.message"]; got == "" || !strings.Contains(got, b.says) {
		t.Errorf("%s: message %q, want it to name %q", b.name, got, b.says)
	}
	if got := headers["hindsight.error.topic"]; got != c.topic(b.topic) {
		t.Errorf("%s: topic %q, want %q", b.name, got, c.topic(b.topic))
	}
	if got, want := headers["hindsight.error.stage"], map[string]string{"events": "score", "labels": "join"}[b.topic]; got != want {
		t.Errorf("%s: stage %q, want %q", b.name, got, want)
	}
	for name, want := range map[string]int64{"partition": int64(b.sent.Partition), "offset": b.sent.Offset} {
		if got := headers["hindsight.error."+name]; got != strconv.FormatInt(want, 10) {
			t.Errorf("%s: %s %q, want %d", b.name, name, got, want)
		}
	}
}

// register puts a schema into the registry and returns its id.
func (c *cluster) register(registry *srfake.Registry, name, schema string) uint32 {
	c.t.Helper()
	client, err := sr.NewClient(sr.URLs(registry.URL()))
	if err != nil {
		c.t.Fatal(err)
	}
	found, err := client.CreateSchema(c.t.Context(), c.topic(name)+"-value", sr.Schema{Schema: schema, Type: sr.TypeAvro})
	if err != nil {
		c.t.Fatal(err)
	}
	return uint32(found.ID)
}

// framed is the start of a value in the registry's wire format.
func framed(id uint32) []byte { return binary.BigEndian.AppendUint32([]byte{0}, id) }
