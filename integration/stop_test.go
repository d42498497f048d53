//go:build integration

package integration

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
)

// TestStopBesideAKilledMember stops a process while its groups wait for one that
// was killed: for half a minute nobody may commit. It must end well, and leave
// nothing behind that others have to wait for.
func TestStopBesideAKilledMember(t *testing.T) {
	c, dir := newCluster(t), t.TempDir()
	c.settings = ", session_timeout: 30s, transaction_timeout: 20s, shutdown_timeout: 9s"
	const total = 20_000
	w := world{start: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), spacing: 4 * time.Second, delay: 30 * time.Minute, n: total, drift: total, seed: 9}
	writeFile(t, dir, "event.avsc", eventSchema)
	writeFile(t, dir, "label.avsc", labelSchema)
	trainBundle(t, dir)
	for _, name := range []string{"a", "b"} {
		c.config(dir, name+".yaml", fmt.Sprintf(processesConfig, "state-"+name))
	}
	c.create("events", 4, nil)
	c.create("labels", 3, nil)
	succeed(t, dir, "topics", "create", "-c", "a.yaml")
	run := func(name string) *process { return start(t, name, dir, "run", "-c", name+".yaml") }
	a, b := run("a"), run("b")
	feed := &feed{c: c, w: w}
	feed.send(0, total/2)
	c.awaitScores(total/4, a, b)
	c.awaitGroup("score", func(g kadm.DescribedGroup) bool { return g.State == "Stable" && len(g.Members) == 2 })
	a.kill()
	a = run("a")
	c.awaitGroup("score", func(g kadm.DescribedGroup) bool { return g.State == "PreparingRebalance" })
	feed.send(total/2, total) // b takes it up, and cannot commit
	b.stop()
	if !strings.Contains(b.text(), "the stop did not wait for what was under way") {
		t.Error("the stop had nothing to wait for: the group did not wait for the member that was killed")
	}
	feed.labels(total)
	c.awaitCommitted("scores", total)
	a.stop()
	succeed(t, dir, "run", "-c", "a.yaml", "--until-end")
	judgeLedger(t, dir, total)
	judgeTopics(t, c, total)
}

// awaitGroup waits until the group of a stage is as it should be.
func (c *cluster) awaitGroup(stage string, is func(kadm.DescribedGroup) bool) {
	c.t.Helper()
	c.await("the group of "+stage, func() error {
		groups, err := c.admin.DescribeGroups(c.t.Context(), c.topic("group-"+stage))
		if err != nil {
			return err
		}
		for _, g := range groups {
			if !is(g) {
				return fmt.Errorf("it is %s with %d members: %v", g.State, len(g.Members), g.Err)
			}
		}
		return nil
	})
}
