//go:build integration

package integration

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

const processesConfig = `
events: {topic: PREFIX-events, wire: bare, schema: event.avsc, id: event_id, time: event_time, segments: [region]}
labels: {topic: PREFIX-labels, wire: bare, schema: label.avsc, id: event_id, value: label, time: label_time, horizon: 6h, grace: 1h}
watch: {slice: 10m, windows: [{name: quarter, size: 6h}]}
state: {dir: %s}
`

// TestProcesses runs two processes of one group while events and labels come
// in. One is stopped and started again, one is killed and loses its disk. Then
// every event has one score and one outcome, whichever process made it.
func TestProcesses(t *testing.T) {
	c := newCluster(t)
	dir := t.TempDir()
	total := 100_000
	if text := os.Getenv("HINDSIGHT_EVENTS"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatalf("HINDSIGHT_EVENTS: %v", err)
		}
		total = n
	}
	w := world{start: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), spacing: 24 * time.Hour / time.Duration(total),
		delay: 30 * time.Minute, n: total, drift: total, seed: 2}
	writeFile(t, dir, "event.avsc", eventSchema)
	writeFile(t, dir, "label.avsc", labelSchema)
	trainBundle(t, dir)
	for _, name := range []string{"a", "b"} {
		c.config(dir, name+".yaml", fmt.Sprintf(processesConfig, "state-"+name))
	}
	c.create("events", 4, nil)
	c.create("labels", 3, nil) // another count and another hash than the scores'
	succeed(t, dir, "topics", "create", "-c", "a.yaml")

	run := func(name string) *process { return start(t, name, dir, "run", "-c", name+".yaml") }
	a, b := run("a"), run("b")
	const parts = 10
	feed := &feed{c: c, w: w}
	for part := range parts {
		// What is sent now is under way while the processes come and go.
		feed.send(total*part/parts, total*(part+1)/parts)
		switch part {
		case 1:
			c.awaitScores(total/10, a, b)
		case 3:
			a.stop()
		case 4:
			a = run("a")
			c.awaitScores(total/4, a, b)
		case 6:
			b.kill()
			if err := os.RemoveAll(filepath.Join(dir, "state-b")); err != nil {
				t.Fatal(err)
			}
		case 7:
			b = run("b")
		}
	}
	feed.labels(total)
	c.awaitScores(total, a, b)
	a.stop()
	b.stop()
	// One bounded run finishes what the two had read and not yet decided.
	succeed(t, dir, "run", "-c", "a.yaml", "--until-end", "--report", "report.json")
	readReport(t, filepath.Join(dir, "report.json"))
	judgeLedger(t, dir, int64(total))
	judgeTopics(t, c, total)
	judgeAudit(t, dir, int64(total))
}

// judgeAudit lets the program itself prove the laws, which it must see to hold
// on all that was published.
func judgeAudit(t *testing.T, dir string, total int64) {
	t.Helper()
	checked := audited(t, dir)
	for _, what := range []string{"events", "labels", "scores", "outcomes", "fates"} {
		if checked[what] != total {
			t.Errorf("the audit checked %d %s of %d", checked[what], what, total)
		}
	}
}

// judgeLedger holds the program's own sums to what was published.
func judgeLedger(t *testing.T, dir string, total int64) {
	t.Helper()
	var r report
	out := succeed(t, dir, "ledger", "-c", "a.yaml", "-o", "json")
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatalf("ledger: %v\n%s", err, out)
	}
	r.addsUp(t, total, total)
	if r.DeadLetters != 0 || r.Outcomes["matched"] != total || r.Labels["used"] != total {
		t.Errorf("%d dead letters, %d matched scores and %d used labels, want 0 and twice %d\n%s",
			r.DeadLetters, r.Outcomes["matched"], r.Labels["used"], total, out)
	}
}

// judgeTopics counts what readers see: each id once in scores and once in outcomes.
func judgeTopics(t *testing.T, c *cluster, total int) {
	t.Helper()
	records := publishedSchemas(t)
	for _, name := range []string{"scores", "outcomes"} {
		count := make([]uint8, total)
		c.committed(name, func(r *kgo.Record) {
			var i int
			if _, err := fmt.Sscanf(string(r.Key), "event-%d", &i); err != nil || i >= total {
				t.Fatalf("%s: key %q", name, r.Key)
			}
			if count[i]++; name == "outcomes" && i%1000 == 0 { // all of them would take minutes
				outcome, err := records.decode(r.Value)
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				if outcome["kind"] != "matched" || outcome["fate"] != "used" {
					t.Errorf("%s became %v, its label %v", r.Key, outcome["kind"], outcome["fate"])
				}
			}
		})
		missing, twice := 0, 0
		for _, n := range count {
			switch {
			case n == 0:
				missing++
			case n > 1:
				twice++
			}
		}
		if missing+twice > 0 {
			t.Errorf("%s: %d of %d ids are missing, %d are there more than once", name, missing, total, twice)
		}
	}
}

// awaitScores waits until that many records are in the topic of scores, while the processes run.
func (c *cluster) awaitScores(n int, processes ...*process) {
	c.t.Helper()
	c.await(fmt.Sprintf("%d scores", n), func() error {
		for _, p := range processes {
			p.running()
		}
		if got := c.countScores(); got < int64(n) {
			return fmt.Errorf("%d are there", got)
		}
		return nil
	})
}

// awaitCommitted waits until that many records are committed, whoever holds their partitions.
func (c *cluster) awaitCommitted(name string, n int) {
	c.t.Helper()
	c.await(fmt.Sprintf("%d committed %s", n, name), func() error {
		got := 0
		c.committed(name, func(*kgo.Record) { got++ })
		if got < n {
			return fmt.Errorf("%d are there", got)
		}
		return nil
	})
}

// countScores bounds the number of scores from above: markers of transactions count.
func (c *cluster) countScores() (n int64) {
	c.t.Helper()
	ends, err := c.admin.ListCommittedOffsets(c.t.Context(), c.topic("scores"))
	if err != nil {
		c.t.Fatal(err)
	}
	for _, end := range ends[c.topic("scores")] {
		n += end.Offset
	}
	return n
}

// feed publishes a world as librdkafka's users do: bare Avro, placed by CRC-32.
type feed struct {
	c       *cluster
	w       world
	labeled int    // labels sent
	note    string // that each event carries along, where its schema has room for it
}

// send publishes the events from first to last, and the labels that are known by then.
func (f *feed) send(first, last int) {
	f.c.t.Helper()
	f.events(first, last)
	f.labels(last - int(f.w.delay/f.w.spacing))
}

// events publishes events alone.
func (f *feed) events(first, last int) {
	f.c.t.Helper()
	var records []*kgo.Record
	for i := first; i < last; i++ {
		e := f.w.event(i)
		value := appendText(nil, e.id)
		value = binary.AppendVarint(value, e.at.UnixMilli())
		value = appendText(value, e.region)
		for _, x := range e.features {
			value = binary.LittleEndian.AppendUint64(value, math.Float64bits(x))
		}
		if f.note != "" {
			value = appendText(value, f.note)
		}
		records = append(records, f.record("events", 4, e.id, value, e.at))
	}
	f.produce(records)
}

// labels publishes the labels of the events before last that are still unsaid.
func (f *feed) labels(last int) {
	f.c.t.Helper()
	var records []*kgo.Record
	for ; f.labeled < last; f.labeled++ {
		e := f.w.event(f.labeled)
		at := e.at.Add(f.w.delay)
		value := appendText(nil, e.id)
		value = appendText(value, e.label())
		value = binary.AppendVarint(value, at.UnixMilli())
		records = append(records, f.record("labels", 3, e.id, value, at))
	}
	f.produce(records)
}

// appendText appends an Avro string; varints of Avro and of encoding/binary are the same zigzag.
func appendText(dst []byte, s string) []byte {
	return append(binary.AppendVarint(dst, int64(len(s))), s...)
}

func (f *feed) record(name string, partitions uint32, key string, value []byte, at time.Time) *kgo.Record {
	return &kgo.Record{Topic: f.c.topic(name), Partition: int32(crc32.ChecksumIEEE([]byte(key)) % partitions),
		Key: []byte(key), Value: value, Timestamp: at}
}

func (f *feed) produce(records []*kgo.Record) {
	f.c.t.Helper()
	if err := f.c.client.ProduceSync(f.c.t.Context(), records...).FirstErr(); err != nil {
		f.c.t.Fatal(err)
	}
}
