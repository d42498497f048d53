//go:build integration

package integration

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"
)

// TestRollingRestart restarts three processes one by one while records flow.
// With names (kafka.instance) no group rebalances, no partition moves and no
// state is rebuilt; without, groups do, which shows that it would be seen.
// Either way nothing is lost and nothing is there twice.
func TestRollingRestart(t *testing.T) {
	c := newCluster(t)
	t.Run("named", func(t *testing.T) { rollingRestart(t, c.within(t, "named"), true) })
	t.Run("nameless", func(t *testing.T) { rollingRestart(t, c.within(t, "nameless"), false) })
}

func rollingRestart(t *testing.T, c *cluster, named bool) {
	dir := t.TempDir()
	names := []string{"a", "b", "c"}
	const total, parts = 20_000, 5
	w := world{start: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), spacing: 4 * time.Second, delay: 30 * time.Minute, n: total, drift: total, seed: 11}
	writeFile(t, dir, "event.avsc", eventSchema)
	writeFile(t, dir, "label.avsc", labelSchema)
	trainBundle(t, dir)
	for _, name := range names {
		c.settings = ", session_timeout: 30s, transaction_timeout: 20s"
		if named {
			c.settings += ", instance: " + name
		}
		c.config(dir, name+".yaml", fmt.Sprintf(processesConfig, "state-"+name))
	}
	c.create("events", 4, nil)
	c.create("labels", 3, nil)
	succeed(t, dir, "topics", "create", "-c", "a.yaml")

	f := &feed{c: c, w: w}
	running := map[string]*process{}
	run := func(name string) { running[name] = start(t, name, dir, "run", "-c", name+".yaml") }
	for _, name := range names {
		run(name)
	}
	f.send(0, total/parts)
	c.awaitScores(total/parts, slices.Collect(maps.Values(running))...)
	before := c.awaitHolders(names, named)
	c.awaitJoined() // so that there is state to keep
	generations := map[string]int{}
	for _, p := range running {
		note(generations, p)
	}
	for i, name := range names {
		f.send(total*(i+1)/parts, total*(i+2)/parts) // under way while one is away
		running[name].stop()
		run(name)
		c.awaitCommitted("scores", total*(i+2)/parts)
		after := c.awaitHolders(names, named)
		if diff := cmp.Diff(before, after); named && diff != "" {
			t.Errorf("partitions moved when %s was restarted (-before +after):\n%s", name, diff)
		}
	}
	again := map[string]int{}
	for _, p := range running {
		note(again, p)
	}
	for stage, was := range generations {
		rebalances := again[stage] - was
		t.Logf("%s: %d rebalances", stage, rebalances)
		if named && rebalances != 0 || !named && rebalances < len(names) {
			t.Errorf("%d rebalances of %s by %d restarts", rebalances, stage, len(names))
		}
	}
	for name, p := range running { // since its restart
		if n := strings.Count(p.text(), "rebuilding the state of a partition"); named && n > 0 {
			t.Errorf("%s rebuilt %d states", name, n)
		}
	}
	f.send(total*(parts-1)/parts, total)
	f.labels(total)
	c.awaitCommitted("scores", total)
	for _, p := range running {
		p.stop()
	}
	succeed(t, dir, "run", "-c", "a.yaml", "--until-end")
	judgeLedger(t, dir, total)
	judgeTopics(t, c, total)
	judgeAudit(t, dir, total)
}

// awaitHolders waits until the groups are settled and returns which member holds
// what of which stage; where members have no names, only that it is so.
func (c *cluster) awaitHolders(names []string, named bool) map[string]string {
	c.t.Helper()
	holders := map[string]string{}
	for _, stage := range []string{"score", "join", "watch"} {
		c.awaitGroup(stage, func(g kadm.DescribedGroup) bool {
			if g.State != "Stable" || len(g.Members) != len(names) {
				return false
			}
			for _, m := range g.Members {
				assigned, ok := m.Assigned.AsConsumer()
				if !ok || named && m.InstanceID == nil {
					return false
				}
				if !named {
					continue
				}
				var all []string
				for _, topic := range assigned.Topics {
					slices.Sort(topic.Partitions)
					all = append(all, fmt.Sprint(strings.TrimPrefix(topic.Topic, c.prefix), topic.Partitions))
				}
				slices.Sort(all)
				holders[stage+" of "+*m.InstanceID] = strings.Join(all, " ")
			}
			return true
		})
	}
	return holders
}

// awaitJoined waits until JOIN has read every score there is.
func (c *cluster) awaitJoined() {
	c.t.Helper()
	c.await("JOIN to read every score", func() error {
		ends, err := c.admin.ListEndOffsets(c.t.Context(), c.topic("scores"))
		if err != nil {
			return err
		}
		commits, err := c.admin.FetchOffsets(c.t.Context(), c.topic("group-join"))
		if err != nil {
			return err
		}
		for id, end := range ends[c.topic("scores")] {
			if at, _ := commits.Lookup(c.topic("scores"), id); end.Offset == 0 || at.At < end.Offset {
				return fmt.Errorf("partition %d is read to %d of %d", id, at.At, end.Offset)
			}
		}
		return nil
	})
}

// note keeps the latest generation of each stage that a process was assigned partitions in.
func note(generations map[string]int, p *process) {
	for line := range strings.Lines(p.text()) {
		var l struct {
			Msg        string `json:"msg"`
			Stage      string `json:"stage"`
			Generation int    `json:"generation"`
		}
		if json.Unmarshal([]byte(line), &l) == nil && l.Msg == "partitions were assigned" {
			generations[l.Stage] = max(generations[l.Stage], l.Generation)
		}
	}
}
