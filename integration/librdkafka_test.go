//go:build integration

package integration

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

const librdkafkaConfig = `
events: {topic: PREFIX-events, wire: bare, schema: event.avsc, id: event_id, time: event_time, segments: [region]}
labels: {topic: PREFIX-labels, wire: bare, schema: label.avsc, id: event_id, value: label, time: label_time, clock: label_time, horizon: 6h, grace: 1h}
watch: {slice: 10m, windows: [{name: quarter, size: 6h}]}
`

// TestLabelsOfLibrdkafka joins labels that kcat, which is librdkafka, has
// placed: by CRC-32 as is its default, by murmur2, by another key, without a
// key, and on another number of partitions (S19). Every
// label ends in its bucket, those that lie right are not copied, and `check` says
// what to set.
func TestLabelsOfLibrdkafka(t *testing.T) {
	all := newCluster(t)
	for i, v := range []struct {
		name       string
		key        func(id string) string // nil: none
		options    []string
		partitions int32
		scores     string // scores.partitioner
		copied     bool   // labels are forwarded to their scores
		check      string // what check says of the placement
	}{
		{"default", func(id string) string { return id }, nil, 4, "murmur2", true, "set scores.partitioner: crc32"},
		{"default, followed", func(id string) string { return id }, nil, 4, "crc32", false, "labels lie on the partition of their score (crc32)"},
		{"murmur2_random", func(id string) string { return id }, []string{"-X", "partitioner=murmur2_random"}, 4, "murmur2", false, "labels lie on the partition of their score (murmur2)"},
		{"fnv1a_random", func(id string) string { return id }, []string{"-X", "partitioner=fnv1a_random"}, 4, "murmur2", true, "set scores.partitioner: fnv1a"},
		{"no key", nil, []string{"-X", "sticky.partitioning.linger.ms=0"}, 4, "murmur2", true, "labels are not placed by their event's id"},
		{"another key", func(id string) string { return "customer-" + id[len(id)-2:] }, nil, 4, "murmur2", true, "labels are not placed by their event's id"},
		{"three partitions", func(id string) string { return id }, nil, 3, "murmur2", true, "every label is copied to its score's partition"},
	} {
		t.Run(v.name, func(t *testing.T) {
			c := all.within(t, fmt.Sprint(i))
			dir := t.TempDir()
			const n = 2000
			w := world{start: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), spacing: 10 * time.Second, delay: 30 * time.Minute, n: n, drift: n, seed: 5}
			writeFile(t, dir, "event.avsc", eventSchema)
			writeFile(t, dir, "label.avsc", labelSchema)
			trainBundle(t, dir)
			c.config(dir, "hindsight.yaml", librdkafkaConfig)
			c.setPartitioner(dir, v.scores)
			c.create("events", 4, nil)
			c.create("labels", v.partitions, nil)
			succeed(t, dir, "topics", "create", "-c", "hindsight.yaml")

			feed := &feed{c: c, w: w}
			feed.events(0, n)
			var labels kcatInput
			want := map[string]int64{}
			for i := range n {
				e := w.event(i)
				key := v.key
				if key == nil {
					key = func(string) string { return "" }
				}
				ghost := "ghost-" + e.id
				labels.add(key(e.id), e.id, e.label(), e.at.Add(w.delay))
				want["used"]++
				if i%10 == 0 {
					labels.add(key(e.id), e.id, e.label(), e.at.Add(w.delay+time.Minute))
					want["duplicate"]++
				}
				if i%50 == 0 {
					labels.add(key(ghost), ghost, e.label(), e.at.Add(w.delay))
					want["unknown"]++
				}
			}
			c.kcatPublish("labels", labels.bytes(v.key != nil), v.key != nil, v.options...)

			if out := succeed(t, dir, "check", "-c", "hindsight.yaml"); !strings.Contains(out, v.check) {
				t.Errorf("check does not say %q:\n%s", v.check, out)
			}
			succeed(t, dir, "run", "-c", "hindsight.yaml", "--until-end", "--report", "report.json")
			r := readReport(t, filepath.Join(dir, "report.json"))
			r.addsUp(t, n, int64(labels.n))
			got := map[string]int64{"used": r.Labels["used"], "duplicate": r.Labels["duplicate"], "unknown": r.Labels["orphan"] + r.Labels["waiting"]}
			for bucket, k := range want {
				if got[bucket] != k {
					t.Errorf("%d labels are %s, want %d (%v)", got[bucket], bucket, k, r.Labels)
				}
			}
			if r.Outcomes["matched"] != n {
				t.Errorf("%d events found their labels, want %d", r.Outcomes["matched"], n)
			}
			copied := 0
			c.committed("labels-rerouted", func(r *kgo.Record) {
				for _, h := range r.Headers {
					if h.Key == "hindsight.kind" && string(h.Value) == "label" {
						copied++
					}
				}
			})
			t.Logf("%d of %d labels were forwarded", copied, labels.n)
			if v.copied != (copied > 0) || v.partitions != 4 && copied != labels.n {
				t.Errorf("%d of %d labels were forwarded", copied, labels.n)
			}
		})
	}
}

// setPartitioner changes scores.partitioner of the configuration in dir.
func (c *cluster) setPartitioner(dir, name string) {
	c.t.Helper()
	file := filepath.Join(dir, "hindsight.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		c.t.Fatal(err)
	}
	writeFile(c.t, dir, "hindsight.yaml", strings.Replace(string(text), "{partitioner: murmur2}", "{partitioner: "+name+"}", 1))
}

// kcatInput is what kcat reads messages from.
type kcatInput struct {
	n      int
	keyed  bytes.Buffer
	values bytes.Buffer
}

// What lies between messages, and between key and value: longer than chance makes.
const (
	kcatEnd = "<<<end-of-message>>>"
	kcatKey = "<<<end-of-key>>>"
)

func (k *kcatInput) add(key, id, truth string, at time.Time) {
	value := binary.AppendVarint(appendText(appendText(nil, id), truth), at.UnixMilli())
	k.n++
	k.keyed.WriteString(key + kcatKey)
	k.keyed.Write(value)
	k.keyed.WriteString(kcatEnd)
	k.values.Write(value)
	k.values.WriteString(kcatEnd)
}

func (k *kcatInput) bytes(keyed bool) []byte {
	if keyed {
		return k.keyed.Bytes()
	}
	return k.values.Bytes()
}

// kcatPublish lets librdkafka place records.
func (c *cluster) kcatPublish(name string, input []byte, keyed bool, options ...string) {
	c.t.Helper()
	program, err := exec.LookPath("kcat")
	if err != nil {
		c.t.Fatalf("%v: install it with apt-get install -y kcat", err)
	}
	args := []string{"-P", "-b", strings.Join(c.brokers, ","), "-t", c.topic(name), "-D", kcatEnd}
	if keyed {
		args = append(args, "-K", kcatKey)
	}
	cmd := exec.CommandContext(c.t.Context(), program, append(args, options...)...)
	cmd.Stdin = bytes.NewReader(input)
	if out, err := cmd.CombinedOutput(); err != nil {
		c.t.Fatalf("kcat -P %s: %v\n%s", c.topic(name), err, out)
	}
}
