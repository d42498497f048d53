//go:build integration

package integration

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

const boundsConfig = `
events: {topic: PREFIX-events, wire: bare, schema: event.avsc, id: event_id, time: event_time, segments: [region]}
labels: {topic: PREFIX-labels, wire: bare, schema: label.avsc, id: event_id, value: label, time: label_time, horizon: 6h, grace: 1h}
watch: {slice: 10m, windows: [{name: quarter, size: 6h}]}
state: {dir: state}
memory: {limit: %s}
`

// least is the smallest bound that a configuration may set, in MiB.
const least = 128

// TestBounds lets pile up what can pile up. The process must stay below its bound
// for as long as it lives, and an audit must find every event and every label in
// its place.
func TestBounds(t *testing.T) {
	n, err := strconv.Atoi(os.Getenv("HINDSIGHT_BOUNDS"))
	if err != nil {
		t.Skip("it takes minutes: make bounds")
	}
	few := min(n, 40_000) // where it is not the number that piles up
	c := newCluster(t)
	for _, tt := range []struct {
		name string
		bounded
	}{
		{"backlog", bounded{events: n}},
		{"backlog, bound by GOMEMLIMIT", bounded{events: few, byGo: true}},
		{"label flood", bounded{events: few / 4, times: 20, strangers: few}},
		{"inflating batches", bounded{limit: 256, events: few / 20, note: 500 << 10}},
		{"slow broker", bounded{events: few, hampered: []string{"-broker-rate", "2000000", "-broker-latency", "20ms"}}},
		{"slow disk", bounded{events: few, hampered: []string{"-disk-rate", "2000000", "-disk-sync", "200ms"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.limit = max(tt.limit, least)
			tt.judge(t, c.within(t, strings.Map(letters, tt.name)))
		})
	}
}

// letters leaves what the name of a topic may hold.
func letters(r rune) rune {
	if r == ' ' || r == ',' {
		return -1
	}
	return r
}

// bounded is what waits on the topics before the program starts.
type bounded struct {
	limit     int64 // MiB; 0: the least
	events    int
	times     int      // how often each label comes; 0: once
	strangers int      // labels of events that nobody knows
	note      int      // bytes that the later half of the events carries along and that compress to nothing, in batches of 16 MiB
	byGo      bool     // the bound is that of GOMEMLIMIT, the configured one is larger
	hampered  []string // not the program itself runs, but the one with a slow broker or disk
}

func (b bounded) judge(t *testing.T, c *cluster) {
	dir := t.TempDir()
	w := world{start: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), spacing: 24 * time.Hour / time.Duration(b.events),
		delay: 30 * time.Minute, n: b.events, drift: b.events, seed: 3}
	schema := eventSchema
	if b.note > 0 {
		schema = strings.TrimSuffix(eventSchema, "]}") + `, {"name": "note", "type": "string"}]}`
	}
	writeFile(t, dir, "event.avsc", schema)
	writeFile(t, dir, "label.avsc", labelSchema)
	trainBundle(t, dir)
	configured := fmt.Sprintf("%dMiB", b.limit)
	if b.byGo {
		configured = "4GiB"
	}
	c.config(dir, "a.yaml", fmt.Sprintf(boundsConfig, configured))
	c.create("events", 4, map[string]string{"max.message.bytes": "16777216"})
	c.create("labels", 3, nil)
	succeed(t, dir, "topics", "create", "-c", "a.yaml")
	labels := b.fill(c, w)

	var cmd *exec.Cmd
	if b.hampered != nil {
		cmd = exec.Command(hampered(t), append(b.hampered, "-c", "a.yaml")...)
		cmd.Dir = dir
	} else {
		cmd = command(t.Context(), t, dir, "run", "-c", "a.yaml", "--until-end")
	}
	if b.byGo {
		cmd.Env = append(os.Environ(), fmt.Sprintf("GOMEMLIMIT=%dMiB", b.limit))
	}
	p := startCommand(t, "bounded", cmd)
	peak := p.peakUntilEnd()
	if p.err != nil {
		t.Fatalf("it ended: %v\n%s", p.err, tail([]byte(p.text())))
	}
	if peak == 0 || peak > b.limit<<20 {
		t.Errorf("%d MiB were resident, the bound is %d", peak>>20, b.limit)
	}
	checked := audited(t, dir)
	if checked["events"] != int64(b.events) || checked["scores"] != int64(b.events) || checked["labels"] != labels {
		t.Errorf("the audit found %d events, %d scores and %d labels, want %d, as many, and %d",
			checked["events"], checked["scores"], checked["labels"], b.events, labels)
	}
	t.Logf("%d events and %d labels: %d MiB at most of %d, %v of CPU", b.events, labels, peak>>20, b.limit,
		cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime())
}

// fill publishes what waits, and returns how many labels that is.
func (b bounded) fill(c *cluster, w world) (labels int64) {
	c.t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(c.brokers...), kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.ProducerBatchMaxBytes(16<<20), kgo.ProducerBatchCompression(kgo.ZstdCompression()))
	if err != nil {
		c.t.Fatal(err)
	}
	defer client.Close()
	own := *c
	own.client = client
	f := &feed{c: &own, w: w, note: strings.Repeat("a", min(b.note, 1))}
	piece := 20_000 // records in the memory of the test at a time
	if b.note > 0 {
		piece = 100
	}
	for first := 0; first < b.events; first += piece {
		last := min(first+piece, b.events)
		if first >= b.events/2 {
			f.note = strings.Repeat("a", b.note)
		}
		f.events(first, last)
		for range max(1, b.times) {
			f.labeled = first
			f.labels(last)
			labels += int64(last - first)
		}
	}
	f.w.ids = "stranger"
	for first := 0; first < b.strangers; first += piece {
		last := min(first+piece, b.strangers)
		f.labeled = first
		f.labels(last)
		labels += int64(last - first)
	}
	return labels
}

// peakUntilEnd waits for the end and returns how many bytes were resident at
// most. What the kernel tells of an ended child may be its parent's.
func (p *process) peakUntilEnd() (peak int64) {
	p.t.Helper()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		select {
		case <-p.done:
			return peak
		case <-again.C:
		}
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
		if err != nil {
			continue // just ended
		}
		for line := range strings.Lines(string(text)) {
			if kib, ok := strings.CutPrefix(line, "VmHWM:"); ok {
				n, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(kib), " kB"), 10, 64)
				if err != nil {
					p.t.Fatalf("%q: %v", line, err)
				}
				peak = n << 10
			}
		}
	}
}

// audited lets the program prove the laws, and returns how many of what it checked.
func audited(t *testing.T, dir string) map[string]int64 {
	t.Helper()
	var r struct {
		Laws []struct {
			Checked map[string]int64 `json:"checked"`
		} `json:"laws"`
		Notes []string `json:"notes"`
	}
	out := succeed(t, dir, "audit", "-c", "a.yaml", "-o", "json")
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatalf("audit: %v\n%s", err, out)
	}
	checked := map[string]int64{}
	for _, l := range r.Laws {
		for what, n := range l.Checked {
			checked[what] += n
		}
	}
	if checked["ticks"] == 0 || checked["windows"] == 0 || len(r.Notes) > 0 {
		t.Errorf("the audit compared %d ticks and %d windows; its notes: %q", checked["ticks"], checked["windows"], r.Notes)
	}
	return checked
}

var buildHampered = sync.OnceValues(func() (string, error) {
	path, err := filepath.Abs("../dist/integration/hampered")
	if err != nil {
		return "", err
	}
	build := exec.Command("go", "build", "-o", path, "hindsight/integration/hampered")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return path, nil
})

// hampered is the program with a slow way to its broker and a slow disk.
func hampered(t *testing.T) string {
	t.Helper()
	path, err := buildHampered()
	if err != nil {
		t.Fatal(err)
	}
	return path
}
