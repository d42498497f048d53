package app_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sr"

	"hindsight/app/demo"
	"hindsight/app/kafka"
)

// poisoner makes bad messages of good ones.
type poisoner struct {
	t     *testing.T
	rng   *rand.Rand
	bombs []uint32       // ids of schemas that are bombs, or whose data are
	made  map[string]int // by kind
}

// A poison is a message and whether it must become a dead letter; random
// changes may leave it readable.
type poison struct {
	value []byte
	must  bool
}

func (p *poisoner) random(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(p.rng.Uint32())
	}
	return b
}

// make returns a bad message; good is one of the same topic.
func (p *poisoner) make(good []byte, large bool) poison {
	note := func(kind string, value []byte, must bool) poison {
		p.made[kind]++
		return poison{value, must}
	}
	if large {
		return note("too large", append(bytes.Clone(good), p.random(1<<20)...), true)
	}
	switch p.rng.IntN(10) {
	case 0:
		return note("random bytes", append([]byte{1 + byte(p.rng.IntN(255))}, p.random(p.rng.IntN(200))...), true)
	case 1:
		if p.rng.IntN(2) == 0 {
			return note("tombstone", nil, true)
		}
		return note("empty", []byte{}, true)
	case 2: // few ids, because each is asked for
		return note("unknown schema", binary.BigEndian.AppendUint32([]byte{0}, uint32(90_000+p.rng.IntN(5))), true)
	case 3:
		return note("id of no registry", append(binary.BigEndian.AppendUint32([]byte{0}, 1<<31+p.rng.Uint32N(1<<30)), good[5:]...), true)
	case 4:
		return note("truncated", bytes.Clone(good[:p.rng.IntN(len(good))]), true)
	case 5:
		return note("trailing bytes", append(bytes.Clone(good), p.random(1+p.rng.IntN(20))...), true)
	case 6: // a block of billions of items that take no bytes, or little
		value := binary.BigEndian.AppendUint32([]byte{0}, p.bombs[p.rng.IntN(len(p.bombs))])
		value = binary.AppendVarint(value, 1<<uint(24+p.rng.IntN(36)))
		return note("bomb", append(value, good[5:]...), true)
	case 7: // a length of terabytes
		value := bytes.Clone(good[:5])
		return note("length", append(binary.AppendVarint(value, 1<<uint(32+p.rng.IntN(30))), good[6:]...), true)
	default:
		value := bytes.Clone(good)
		for range 1 + p.rng.IntN(4) {
			value[p.rng.IntN(len(value)-5)+5] ^= 1 << p.rng.IntN(8)
		}
		return note("flipped bits", value, false)
	}
}

// endlessSchema is one of recursion without an end.
const endlessSchema = `{"type": "record", "name": "Endless", "fields": [{"name": "s", "type": "Endless"}]}`

// bombTypes are what a field before the good ones may hold: arrays and maps of
// nothing, and recursion.
var bombTypes = []string{
	`{"type": "array", "items": "null"}`,
	`{"type": "map", "values": "null"}`,
	`{"type": "array", "items": {"type": "array", "items": {"type": "array", "items": "null"}}}`,
	`{"type": "array", "items": {"type": "record", "name": "Nothing", "fields": []}}`,
	`{"type": "array", "items": "long"}`, // these two are admitted, and their data are not
	`{"type": "map", "values": "string"}`,
	`{"type": "record", "name": "Chain", "fields": [{"name": "next", "type": {"type": "array", "items": "Chain"}}]}`,
}

// TestPoison mixes bad messages with good ones on events and labels
// (GUARANTEES.md R22 and R23; S20): random bytes, wrong
// magic, unknown schemas, truncated, trailing and flipped bytes, bombs, too
// large. Each is a dead letter exactly once, with value, key and headers as they
// were, or was readable after all and is counted so; nothing crashes or stalls.
// HINDSIGHT_POISON sets how many; make poison takes a million.
func TestPoison(t *testing.T) {
	total := 12_000
	if text := os.Getenv("HINDSIGHT_POISON"); text != "" {
		var err error
		if total, err = strconv.Atoi(text); err != nil {
			t.Fatalf("HINDSIGHT_POISON: %v", err)
		}
	}
	s := newStand(t, 1000, 0)
	<-s.published
	client, err := kafka.Connect(t.Context(), s.config(t.TempDir()).Kafka, nil,
		append(s.broker.ClientOptions(), kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerBatchMaxBytes(4<<20), kgo.KeepControlRecords())...)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	most := "4194304"
	if _, err := kadm.NewClient(client).AlterTopicConfigs(t.Context(), []kadm.AlterConfig{{Name: "max.message.bytes", Value: &most}}, "events"); err != nil {
		t.Fatal(err)
	}
	p := &poisoner{t: t, rng: rand.New(rand.NewPCG(3, 5)), made: map[string]int{}}
	p.bombs = []uint32{s.register("endless", endlessSchema)}
	for i, schema := range [][]byte{demo.LoanSchema(), demo.RepaymentSchema()} {
		for j, bomb := range bombTypes {
			with := strings.Replace(string(schema), `"fields": [`, `"fields": [{"name": "bomb", "type": `+bomb+`},`, 1)
			p.bombs = append(p.bombs, s.register(fmt.Sprintf("bomb-%d-%d", i, j), with))
		}
	}
	good := map[string][]*kgo.Record{"events": s.records(client, "events"), "labels": s.records(client, "labels")}
	goodIn := map[string]int{"events": len(good["events"]), "labels": len(good["labels"])}

	type position struct {
		topic     string
		partition int32
		offset    int64
	}
	sent := map[position]*kgo.Record{}
	must := map[position]bool{}
	for done := 0; done < total; {
		var batch []*kgo.Record
		var bad []poison
		for len(batch) < 2000 && done < total {
			topic := [2]string{"events", "labels"}[p.rng.IntN(2)]
			like := good[topic][p.rng.IntN(len(good[topic]))]
			made := poison{value: like.Value}
			if p.rng.IntN(10) > 0 { // the tenth is good, and a repetition
				made = p.make(like.Value, topic == "events" && done%4000 == 17)
			}
			done++
			batch = append(batch, &kgo.Record{
				Topic: topic, Partition: int32(p.rng.IntN(4)), Key: fmt.Appendf(nil, "poison-%d", done), Value: made.value, Timestamp: like.Timestamp,
				Headers: []kgo.RecordHeader{{Key: "trace", Value: p.random(8)}, {Key: "hindsight.error.class", Value: []byte("theirs")}, {Key: "none"}},
			})
			bad = append(bad, made)
		}
		if err := client.ProduceSync(t.Context(), batch...).FirstErr(); err != nil {
			t.Fatal(err)
		}
		for i, r := range batch {
			at := position{r.Topic, r.Partition, r.Offset}
			sent[at], must[at] = r, bad[i].must
		}
	}

	report, err := s.attempt(t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	dead := map[position]int{}
	letters := map[string]int64{}
	classes := map[string]int{}
	for _, letter := range s.records(client, "dead-letters") {
		at := position{}
		class := ""
		ours := 0
		for _, h := range letter.Headers {
			switch h.Key {
			case "hindsight.error.topic":
				at.topic = string(h.Value)
			case "hindsight.error.partition":
				n, _ := strconv.Atoi(string(h.Value))
				at.partition = int32(n)
			case "hindsight.error.offset":
				at.offset, _ = strconv.ParseInt(string(h.Value), 10, 64)
			case "hindsight.error.class":
				class = string(h.Value) // the last is ours
			}
		}
		letters[at.topic]++
		classes[class]++
		dead[at]++
		was := sent[at]
		if was == nil {
			continue // of the demo's own
		}
		ours = len(was.Headers)
		if !bytes.Equal(was.Value, letter.Value) || (was.Value == nil) != (letter.Value == nil) || !bytes.Equal(was.Key, letter.Key) {
			t.Errorf("%v: key %q with %d bytes became key %q with %d", at, was.Key, len(was.Value), letter.Key, len(letter.Value))
		}
		if diff := cmp.Diff(was.Headers, letter.Headers[:min(ours, len(letter.Headers))]); diff != "" {
			t.Errorf("%v: headers (-sent +got):\n%s", at, diff)
		}
	}
	for at, n := range dead {
		if n != 1 {
			t.Errorf("%v is a dead letter %d times", at, n)
		}
	}
	missed, bad := 0, 0
	for at, must := range must {
		if must {
			if bad++; dead[at] == 0 {
				missed++
				if missed < 10 {
					t.Errorf("%v is no dead letter: % x", at, sent[at].Value[:min(len(sent[at].Value), 40)])
				}
			}
		}
	}
	in := map[string]int64{"events": int64(goodIn["events"]), "labels": int64(goodIn["labels"])}
	for at := range sent {
		in[at.topic]++
	}
	t.Logf("%d messages, %d of them bad beyond doubt, %d dead letters by class %v; made %v", len(sent), bad, len(dead), classes, p.made)
	if report.Events != in["events"] || report.Scores+report.DeadLetters != report.Events || report.DeadLetters != letters["events"] {
		t.Errorf("%d events in: %d are read, %d scored, %d set aside, %d dead letters stand", in["events"], report.Events, report.Scores, report.DeadLetters, letters["events"])
	}
	if n := sum(report.Outcomes); n != report.Scores {
		t.Errorf("%d outcomes of %d scores", n, report.Scores)
	}
	if n := sum(report.Labels); n != in["labels"] || report.Labels["dead_letter"] != letters["labels"] {
		t.Errorf("%d labels in, %d in buckets, %d set aside, %d dead letters stand", in["labels"], n, report.Labels["dead_letter"], letters["labels"])
	}
	for _, kind := range []string{"random bytes", "tombstone", "empty", "unknown schema", "id of no registry", "truncated", "trailing bytes", "bomb", "length", "flipped bits", "too large"} {
		if p.made[kind] == 0 {
			t.Errorf("no message with %s was made", kind)
		}
	}
	if n := s.replaced.Load(); n > 0 {
		t.Errorf("%d sessions were replaced", n)
	}
}

// register puts a schema into the registry and returns its id.
func (s *stand) register(subject, schema string) uint32 {
	s.t.Helper()
	client, err := sr.NewClient(sr.URLs(s.broker.RegistryURL()), sr.HTTPClient(s.broker.RegistryHTTP()))
	if err != nil {
		s.t.Fatal(err)
	}
	made, err := client.CreateSchema(s.t.Context(), subject, sr.Schema{Schema: schema})
	if err != nil {
		s.t.Fatal(err)
	}
	return uint32(made.ID)
}

// records reads a topic from end to end.
func (s *stand) records(client *kgo.Client, topic string) []*kgo.Record {
	s.t.Helper()
	admin := kadm.NewClient(client)
	starts, err := kafka.Starts(s.t.Context(), admin, topic)
	if err != nil {
		s.t.Fatal(err)
	}
	ends, err := kafka.Ends(s.t.Context(), admin, topic)
	if err != nil {
		s.t.Fatal(err)
	}
	var all []*kgo.Record
	if err := kafka.Read(s.t.Context(), client, topic, starts, ends, func(r *kgo.Record) bool { all = append(all, r); return true }); err != nil {
		s.t.Fatal(err)
	}
	return all
}
