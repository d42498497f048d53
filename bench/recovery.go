package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	pendingLabels = "bench-labels" // stays empty: every score is pending
	recoveryPage  = "127.0.0.1:19698"
)

const labelSchema = `{"type": "record", "name": "Label", "fields": [
  {"name": "event_id", "type": "string"}, {"name": "label", "type": "string"},
  {"name": "label_time", "type": {"type": "long", "logicalType": "timestamp-millis"}}]}`

const recoveryConfiguration = `
kafka: {brokers: [%[1]s], group: recovery}
events: {topic: %[2]s, wire: bare, schema: event.avsc, id: event_id, time: event_time}
labels: {topic: %[3]s, wire: bare, schema: label.avsc, id: event_id, value: label, time: label_time, horizon: 30d, idle_after: 2s}
model: {bundles: bundles, champion: bench@1}
state: {dir: recovery-state}
watch: {windows: [{name: hour, size: 1h}], tick: 1m, slice: 1m, metrics: [accuracy]}
http: {listen: %[4]s}
`

// recovery measures JOIN with b.events scores pending: its start with the disk
// that it left, with one that a kill left, and with none.
func (b *bench) recovery(ctx context.Context) error {
	if _, err := b.admin.CreateTopic(ctx, int32(b.partitions), 1, nil, pendingLabels); err != nil {
		return fmt.Errorf("topic %s: %w", pendingLabels, err)
	}
	text := fmt.Sprintf(recoveryConfiguration, b.brokers, events, pendingLabels, recoveryPage)
	for name, text := range map[string]string{"recovery.yaml": text, "label.avsc": labelSchema} {
		if err := os.WriteFile(filepath.Join(b.dir, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	if err := b.tool(ctx, nil, filepath.Join(b.dir, "hindsight"), "topics", "create", "-c", filepath.Join(b.dir, "recovery.yaml")); err != nil {
		return err
	}
	if _, _, err := b.measure(ctx, "hindsight", "run", "-c", "recovery.yaml", "--stages", "score", "--until-end", "--report", "/dev/null"); err != nil {
		return err
	}
	fmt.Printf("%d scores pending on %d partitions, JOIN alone\n", b.events, b.partitions)
	fmt.Printf("%-22s %9s %12s %9s %9s   %s\n", "start", "seconds", "scores/s", "CPU s", "peak MiB", "load")
	for _, start := range []struct {
		name string
		lost bool // the disk, before
		kill bool // at the end
	}{
		{"first", false, false}, {"disk present", false, true}, {"disk after kill -9", false, false}, {"disk lost", true, false}, {"disk present", false, false},
	} {
		if start.lost {
			if err := os.RemoveAll(filepath.Join(b.dir, "recovery-state", "join")); err != nil {
				return err
			}
		}
		took, cpu, peak, seen, err := b.untilReady(ctx, start.kill)
		if err != nil {
			return fmt.Errorf("%s: %w", start.name, err)
		}
		fmt.Printf("%-22s %9.1f %12.0f %9.1f %9d   %s\n", start.name, took.Seconds(), float64(b.events)/took.Seconds(), cpu.Seconds(), peak, load())
		for _, line := range seen {
			fmt.Println("   /readyz said:", line)
		}
	}
	return nil
}

// untilReady starts JOIN and stops it once it is ready and every score is
// pending. seen are some of the reasons why it was not ready before.
func (b *bench) untilReady(ctx context.Context, kill bool) (took, cpu time.Duration, peak int, seen []string, err error) {
	cmd := exec.CommandContext(ctx, filepath.Join(b.dir, "hindsight"), "run", "-c", "recovery.yaml", "--stages", "join")
	cmd.Dir = b.dir
	log, err := os.Create(filepath.Join(b.dir, "join.log"))
	if err != nil {
		return 0, 0, 0, nil, err
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, 0, 0, nil, err
	}
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()
	last := ""
	for took == 0 {
		select {
		case err := <-exited:
			text, _ := os.ReadFile(log.Name())
			return 0, 0, 0, nil, fmt.Errorf("JOIN ended: %w\n%s", err, text)
		case <-time.After(100 * time.Millisecond):
		}
		reason, pending := page()
		if reason == "" && pending == b.events {
			took = time.Since(began)
		}
		if said, _, _ := strings.Cut(reason, ":"); said != last || strings.Contains(reason, " of ") && len(seen) < 12 && time.Since(began) > time.Duration(len(seen))*5*time.Second {
			last, seen = said, append(seen, reason)
		}
	}
	if peak, err = highWater(cmd.Process.Pid); err != nil {
		return 0, 0, 0, nil, err
	}
	signal := syscall.SIGTERM
	if kill {
		signal = syscall.SIGKILL
	}
	if err := cmd.Process.Signal(signal); err != nil {
		return 0, 0, 0, nil, err
	}
	if err := <-exited; err != nil && !kill {
		return 0, 0, 0, nil, err
	}
	return took, cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), peak, seen, nil
}

var pendingScores = regexp.MustCompile(`(?m)^hindsight_pending_scores (\S+)$`)

// page returns why the process is not ready and how many scores are pending.
func page() (reason string, pending int) {
	get := func(path string) []byte {
		resp, err := http.Get("http://" + recoveryPage + path)
		if err != nil {
			return nil
		}
		defer resp.Body.Close()
		text, _ := io.ReadAll(resp.Body)
		return text
	}
	var state struct {
		Ready   bool     `json:"ready"`
		Reasons []string `json:"reasons"`
	}
	if err := json.Unmarshal(get("/readyz"), &state); err != nil {
		return "no answer", 0
	}
	if m := pendingScores.FindSubmatch(get("/metrics")); m != nil {
		n, _ := strconv.ParseFloat(string(m[1]), 64)
		pending = int(n)
	}
	return strings.Join(state.Reasons, "; "), pending
}

// highWater returns the largest resident size of a process so far, in MiB.
func highWater(pid int) (int, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	for line := range strings.Lines(string(text)) {
		if kib, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			n, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(kib), "kB")))
			return n >> 10, err
		}
	}
	return 0, errors.Join(errors.New("no VmHWM"), err)
}
