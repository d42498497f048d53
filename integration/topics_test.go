//go:build integration

package integration

import (
	"bytes"
	"errors"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
)

const topicsConfig = `
events: {topic: PREFIX-events, wire: bare, schema: event.avsc, id: event_id, time: event_time, segments: [region]}
labels: {topic: PREFIX-labels, wire: bare, schema: label.avsc, id: event_id, value: label, time: label_time, horizon: 6h, grace: 1h}
watch: {slice: 10m, windows: [{name: quarter, size: 6h}]}
`

// stopped waits until the program has ended by itself, with exit code 1, and returns its log.
func (p *process) stopped() string {
	p.t.Helper()
	select {
	case <-p.done:
	case <-time.After(patience):
		p.t.Fatalf("%s still runs", p.name)
	}
	var exit *exec.ExitError
	if !errors.As(p.err, &exit) || exit.ExitCode() != 1 {
		p.t.Errorf("%s ended with %v, want exit code 1", p.name, p.err)
	}
	return p.text()
}

// refused runs the program, which must end with exit code 1, and returns what it said.
func refused(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := command(t.Context(), t, dir, args...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Errorf("hindsight %s ended with %v, want exit code 1", strings.Join(args, " "), err)
	}
	return out.String()
}

// TestTopicsChange lets topics grow and be made anew under the running program
// and between two runs, on a real broker (GUARANTEES.md R12; S18): it ends with exit code 1 and says which topic, what changed and
// what to do. A broker forgets the commits of a topic that is deleted.
func TestTopicsChange(t *testing.T) {
	all := newCluster(t)
	grow := func(c *cluster, topic string) {
		if _, err := c.admin.CreatePartitions(c.t.Context(), 2, c.topic(topic)); err != nil {
			c.t.Fatal(err)
		}
	}
	anew := func(c *cluster, topic string) {
		details, err := c.admin.ListTopics(kadm.WithAuthorizedOps(c.t.Context()), c.topic(topic))
		if err != nil {
			c.t.Fatal(err)
		}
		if _, err := c.admin.DeleteTopic(c.t.Context(), c.topic(topic)); err != nil {
			c.t.Fatal(err)
		}
		partitions := int32(len(details[c.topic(topic)].Partitions))
		c.await(topic+" made anew", func() error { // the old one goes in the background
			_, err := c.admin.CreateTopic(c.t.Context(), partitions, 1, map[string]*string{"retention.ms": kadm.StringPtr("-1")}, c.topic(topic))
			return err
		})
	}
	for _, v := range []struct {
		name, topic string
		change      func(*cluster, string)
		running     bool
		says        []string
	}{
		{"scores grow", "scores", grow, true, []string{"(scores) had 4 partitions and has 6", "another kafka.group"}},
		{"labels grow", "labels", grow, true, []string{"(labels) had 4 partitions and has ", "topic of 4 partitions"}},
		{"events anew", "events", anew, true, []string{"events", "anew", "another kafka.group"}},
		{"scores anew", "scores", anew, true, []string{"scores", "anew", "another kafka.group"}},
		{"events anew between runs", "events", anew, false, []string{"(events) was deleted and made anew", "since the last commit", "another kafka.group"}},
		{"labels anew between runs", "labels", anew, false, []string{"(labels) was deleted and made anew", "since the last commit"}},
		{"labels grow between runs", "labels", grow, false, []string{"(labels) had 4 partitions and has 6", "topic of 4 partitions"}},
	} {
		t.Run(v.name, func(t *testing.T) {
			c, dir := all.within(t, strings.ReplaceAll(v.name, " ", "-")), t.TempDir()
			c.fill(dir, topicsConfig, 4, 2000)
			if !v.running {
				succeed(t, dir, "run", "-c", "hindsight.yaml", "--until-end")
				v.change(c, v.topic)
				wantText(t, refused(t, dir, "run", "-c", "hindsight.yaml", "--until-end"), v.says)
				return
			}
			p := start(t, "run", dir, "run", "-c", "hindsight.yaml")
			c.awaitScores(1000, p)
			v.change(c, v.topic)
			wantText(t, p.stopped(), v.says)
		})
	}
}

func wantText(t *testing.T, text string, parts []string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("it does not say %q:\n%s", part, tail([]byte(text)))
		}
	}
}

// fill makes topics and n events with their labels.
func (c *cluster) fill(dir, config string, labels int32, n int) *feed {
	c.t.Helper()
	w := world{start: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), spacing: 10 * time.Second, delay: 30 * time.Minute, n: n, drift: n, seed: 6}
	writeFile(c.t, dir, "event.avsc", eventSchema)
	writeFile(c.t, dir, "label.avsc", labelSchema)
	trainBundle(c.t, dir)
	c.config(dir, "hindsight.yaml", config)
	c.create("events", 4, nil)
	c.create("labels", labels, nil)
	succeed(c.t, dir, "topics", "create", "-c", "hindsight.yaml")
	f := &feed{c: c, w: w}
	f.events(0, n)
	f.labels(n)
	return f
}

// TestRetention deletes records that were not read, and ones that a rebuild
// needs, from a real broker's logs (GUARANTEES.md R13; S17): the program names the range and the cure, and the cure works.
func TestRetention(t *testing.T) {
	c, dir := newCluster(t), t.TempDir()
	f := c.fill(dir, topicsConfig, 4, 2000)
	succeed(t, dir, "run", "-c", "hindsight.yaml", "--until-end", "--report", "first.json")
	f.w.n, f.w.drift = 4000, 4000
	f.events(2000, 4000)
	f.labels(4000)
	commits, err := c.admin.FetchOffsets(t.Context(), c.topic("group-score"))
	if err != nil {
		t.Fatal(err)
	}
	const gone = 100 // of each partition
	var to kadm.Offsets
	commits.Each(func(o kadm.OffsetResponse) { to.AddOffset(o.Topic, o.Partition, o.At+gone, -1) })
	if _, err := c.admin.DeleteRecords(t.Context(), to); err != nil {
		t.Fatal(err)
	}
	wantText(t, refused(t, dir, "run", "-c", "hindsight.yaml", "--until-end"), []string{"were deleted before they were read", "--accept-loss", c.topic("events")})
	succeed(t, dir, "run", "-c", "hindsight.yaml", "--until-end", "--accept-loss", "--report", "second.json")
	first, second := readReport(t, dir+"/first.json"), readReport(t, dir+"/second.json")
	if lost := 4000 - second.Events; first.Events != 2000 || lost != 4*gone {
		t.Errorf("%d, then %d events are read: %d are lost, want %d", first.Events, second.Events, lost, 4*gone)
	}
	second.addsUp(t, 4000-4*gone, 4000)

	// Now what a rebuild needs of the scores, and the disk.
	ends, err := c.admin.ListEndOffsets(t.Context(), c.topic("scores"))
	if err != nil {
		t.Fatal(err)
	}
	to = kadm.Offsets{}
	ends.Each(func(o kadm.ListedOffset) { to.AddOffset(o.Topic, o.Partition, o.Offset, -1) })
	if _, err := c.admin.DeleteRecords(t.Context(), to); err != nil {
		t.Fatal(err)
	}
	f.w.n, f.w.drift = 4100, 4100
	f.events(4000, 4100) // else there would be nothing to recover for
	f.labels(4100)
	c.config(dir, "lost.yaml", topicsConfig+"state: {dir: lost}\n")
	wantText(t, refused(t, dir, "run", "-c", "lost.yaml", "--until-end"), []string{"of " + c.topic("scores") + "/", "are gone", "restore the state directory"})
	succeed(t, dir, "run", "-c", "hindsight.yaml", "--until-end")
}
