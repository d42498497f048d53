package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/twmb/franz-go/pkg/kadm"
)

// pair measures the raw copy and SCORE, in turns which of them goes first.
func (b *bench) pair(ctx context.Context, i int) (raw, score float64, err error) {
	first, second := b.rawCopy, b.score
	if i%2 == 1 {
		first, second = second, first
	}
	x, err := first(ctx, i)
	if err != nil {
		return 0, 0, err
	}
	y, err := second(ctx, i)
	if err != nil {
		return 0, 0, err
	}
	if i%2 == 1 {
		x, y = y, x
	}
	return x, y, nil
}

func (b *bench) rawCopy(ctx context.Context, i int) (float64, error) {
	out := fmt.Sprintf("copies-%d", i)
	if _, err := b.admin.CreateTopic(ctx, int32(b.partitions), 1, nil, out); err != nil {
		return 0, err
	}
	cpu, printed, err := b.measure(ctx, "rawcopy", "-brokers", b.brokers, "-in", events, "-out", out, "-group", out, "-at-least-once="+strconv.FormatBool(b.atLeastOnce))
	if err != nil {
		return 0, err
	}
	if n := strings.TrimSpace(printed); n != strconv.Itoa(b.events) {
		return 0, fmt.Errorf("the raw copy says %q, want %d records", n, b.events)
	}
	return cpu, b.drop(ctx, out)
}

func (b *bench) score(ctx context.Context, i int) (float64, error) {
	prefix := fmt.Sprintf("run-%d-", i)
	config, report := filepath.Join(b.dir, prefix+"hindsight.yaml"), filepath.Join(b.dir, prefix+"report.json")
	text := fmt.Sprintf(configuration, b.brokers, prefix, b.guarantee(), events)
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		return 0, err
	}
	if _, _, err := b.measure(ctx, "hindsight", "topics", "create", "-c", config); err != nil {
		return 0, err
	}
	cpu, _, err := b.measure(ctx, "hindsight", "run", "-c", config, "--stages", "score", "--until-end", "--report", report)
	if err != nil {
		return 0, err
	}
	data, err := os.ReadFile(report)
	if err != nil {
		return 0, err
	}
	if want := fmt.Sprintf(`"scores":%d,`, b.events); !strings.Contains(strings.Join(strings.Fields(string(data)), ""), want) {
		return 0, fmt.Errorf("the report has no %s\n%s", want, data)
	}
	return cpu, b.drop(ctx, prefix)
}

// measure runs a program to its end and returns its CPU time in µs an event.
func (b *bench) measure(ctx context.Context, program string, args ...string) (cpu float64, printed string, err error) {
	cmd := exec.CommandContext(ctx, filepath.Join(b.dir, program), args...)
	cmd.Dir = b.dir
	var out, faults bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &faults
	if err := cmd.Run(); err != nil {
		return 0, "", fmt.Errorf("%s %s: %w\n%s", program, strings.Join(args, " "), err, faults.String())
	}
	used := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	return float64(used.Nanoseconds()) / 1000 / float64(b.events), out.String(), nil
}

// drop removes the topics of a run, so that the disk stays as full as it was.
func (b *bench) drop(ctx context.Context, prefix string) error {
	topics, err := b.admin.ListTopics(ctx)
	if err != nil {
		return err
	}
	var names []string
	for _, name := range topics.Names() {
		if strings.HasPrefix(name, prefix) {
			names = append(names, name)
		}
	}
	gone, err := b.admin.DeleteTopics(ctx, names...)
	if err != nil {
		return err
	}
	return kadm.DeleteTopicResponses(gone).Error()
}

// load is the machine's load average, for judging how quiet it was.
func load() string {
	data, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	first, _, _ := strings.Cut(string(data), " ")
	return first
}
