//go:build integration

package integration

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// patched builds the program as another version of it might be: files with texts
// replaced, each of which must be there once.
func patched(t *testing.T, name string, edits map[string][2]string) string {
	t.Helper()
	dir := t.TempDir()
	overlay := struct{ Replace map[string]string }{map[string]string{}}
	for file, edit := range edits {
		path, err := filepath.Abs(filepath.Join("..", file))
		if err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(text), edit[0]); n != 1 {
			t.Fatalf("%s has %q %d times: write the patch anew", file, edit[0], n)
		}
		writeFile(t, dir, file, strings.Replace(string(text), edit[0], edit[1], 1))
		overlay.Replace[path] = filepath.Join(dir, file)
	}
	list, err := json.Marshal(overlay)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, dir, "overlay.json", string(list))
	binary := filepath.Join(dir, name)
	build := exec.Command("go", "build", "-overlay", filepath.Join(dir, "overlay.json"), "-o", binary, "hindsight")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return binary
}

// TestRollingUpgrade replaces two processes of one group, one by one, by a
// version with another format of the state and a new field in its commits, and
// rolls back (S25). Neither opens the other's state, both
// read the other's commits, and nothing is lost or twice. A version whose
// commits are of another format is refused by the old one, by name.
func TestRollingUpgrade(t *testing.T) {
	c, dir := newCluster(t), t.TempDir()
	next := patched(t, "next", map[string][2]string{
		"labels/meta.go": {"const format = 1", "const format = 2"},
		"app/commit.go":  {`{"v":%d,%s`, `{"v":%d,"of_tomorrow":{"a":[1,2]},%s`},
	})
	far := patched(t, "far", map[string][2]string{"app/commit.go": {"const commitFormat = 1", "const commitFormat = 2"}})
	const total, parts = 40_000, 10
	w := world{start: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), spacing: 2 * time.Second, delay: 30 * time.Minute, n: total, drift: total, seed: 8}
	writeFile(t, dir, "event.avsc", eventSchema)
	writeFile(t, dir, "label.avsc", labelSchema)
	trainBundle(t, dir)
	for _, name := range []string{"a", "b"} {
		c.config(dir, name+".yaml", fmt.Sprintf(processesConfig, "state-"+name))
	}
	c.create("events", 4, nil)
	c.create("labels", 3, nil)
	succeed(t, dir, "topics", "create", "-c", "a.yaml")

	old, err := hindsight()
	if err != nil {
		t.Fatal(err)
	}
	run := func(binary, name string) *process {
		return startBinary(t, binary, filepath.Base(binary)+"-"+name, dir, "run", "-c", name+".yaml")
	}
	a, b := run(old, "a"), run(old, "b")
	feed := &feed{c: c, w: w}
	rebuilt := map[string]int{} // by the reason
	ended := func(p *process) {
		for line := range strings.Lines(p.text()) {
			for _, reason := range []string{"format 1, ours is 2", "format 2, ours is 1"} {
				if strings.Contains(line, "rebuilding the state") && strings.Contains(line, reason) {
					rebuilt[reason]++
				}
			}
		}
	}
	for part := range parts {
		feed.send(total*part/parts, total*(part+1)/parts)
		c.awaitScores(total*part/parts, a, b)
		switch part {
		case 2:
			a.stop()
			ended(a)
			a = run(next, "a")
		case 4:
			b.stop()
			ended(b)
			b = run(next, "b")
		case 6:
			a.kill()
			ended(a)
			a = run(old, "a")
		case 8:
			b.stop() // perhaps while its group still waits for the killed one
			ended(b)
			b = run(old, "b")
		}
	}
	feed.labels(total)
	c.awaitScores(total, a, b)
	a.stop()
	b.stop()
	ended(a)
	ended(b)
	t.Logf("partitions rebuilt: %v", rebuilt)
	if len(rebuilt) != 2 {
		t.Errorf("rebuilt by reason: %v, want both ways", rebuilt)
	}
	succeed(t, dir, "run", "-c", "a.yaml", "--until-end", "--report", "report.json")
	judgeLedger(t, dir, total)
	judgeTopics(t, c, total)
	judgeModels(t, c)

	// The far version goes on from these commits; the old one does not from its.
	feed.w.n, feed.w.drift = total+100, total+100
	feed.send(total, total+100)
	feed.labels(total + 100)
	if out, err := exec.CommandContext(t.Context(), far, "run", "-c", filepath.Join(dir, "a.yaml"), "--until-end").CombinedOutput(); err != nil {
		t.Fatalf("the far version: %v\n%s", err, tail(out))
	}
	wantText(t, refused(t, dir, "run", "-c", "a.yaml", "--until-end"), []string{"was written by a newer hindsight (format 2, this one reads up to 1)", "upgrade this one too"})
}

// judgeModels demands that each outcome names the model that made its score.
func judgeModels(t *testing.T, c *cluster) {
	t.Helper()
	records := publishedSchemas(t)
	n := 0
	c.committed("outcomes", func(r *kgo.Record) {
		if n++; n%1000 != 1 {
			return
		}
		outcome, err := records.decode(r.Value)
		if err != nil {
			t.Fatal(err)
		}
		if outcome["model"] != "sign" || outcome["version"] != "1" {
			t.Errorf("%s: model %v, version %v", r.Key, outcome["model"], outcome["version"])
		}
	})
}
