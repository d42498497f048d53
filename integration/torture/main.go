// Command torture breaks the program in every way it knows, on a real Kafka,
// and judges by the topics alone whether anything was lost or came twice. It
// imports nothing of the program: the records are its own, and what must
// become of them it works out by brute force.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// torture is one run of the harness.
type torture struct {
	seed     uint64
	rounds   int
	first    uint64
	events   int // of each round
	kind     string
	delivery string
	parallel int
	port     int
	race     bool
	keep     bool
	binary   string
	report   string

	root string
	work string
	keys map[string]bool

	bug        string // the only planted bug to look for; "": all
	standstill time.Duration
	hunting    bool // for a planted bug: until something is found, and in silence

	mu      sync.Mutex
	results []result
}

func main() {
	t := &torture{standstill: 5 * time.Minute}
	var events int
	var bugs bool
	flag.Uint64Var(&t.seed, "seed", rand.Uint64N(1e9), "seed of the run")
	flag.IntVar(&t.rounds, "rounds", 10, "how many rounds")
	flag.Uint64Var(&t.first, "round", 0, "number of the first round: with -rounds 1 it is played again alone")
	flag.IntVar(&events, "events", 500_000, "events of all rounds together")
	flag.StringVar(&t.kind, "kind", "", "kind of every round instead of taking turns: mixed, workers, network, broker, storm, quiet, idle, haste")
	flag.StringVar(&t.delivery, "deliver", "safe", "safe: exactly once; unsafe: with the transaction switched off, judged by the same laws")
	flag.IntVar(&t.parallel, "parallel", 2, "rounds at a time, each with a broker of its own")
	flag.IntVar(&t.port, "port", 29100, "first of the ports of the brokers")
	flag.BoolVar(&t.race, "race", false, "build the program with the race detector")
	flag.BoolVar(&t.keep, "keep", false, "keep the folders of good rounds, too")
	flag.StringVar(&t.binary, "binary", "", "the program, instead of building it")
	flag.StringVar(&t.report, "report", "", "write a summary to `FILE` (JSON)")
	flag.BoolVar(&bugs, "bugs", false, "plant the bugs in integration/torture/bugs one by one, and see each caught; -events is for each")
	flag.StringVar(&t.bug, "bug", "", "with -bugs, only those whose name contains this")
	flag.Parse()
	t.events = events / max(1, t.rounds)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	run := t.run
	if bugs {
		run, t.events = t.hunt, min(events, 20_000)
	}
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "torture:", err)
		os.Exit(1)
	}
}

func (t *torture) run(ctx context.Context) (err error) {
	began := time.Now()
	fmt.Printf("seed %d: %d rounds of %d events, %d at a time\n", t.seed, t.rounds, t.events, t.parallel)
	if err := t.prepare(); err != nil {
		return err
	}
	numbers := make(chan uint64)
	go func() {
		defer close(numbers)
		for i := range t.rounds {
			select {
			case numbers <- t.first + uint64(i):
			case <-ctx.Done():
				return
			}
		}
	}()
	var group sync.WaitGroup
	faults := make([]error, min(t.parallel, t.rounds))
	for slot := range faults {
		group.Go(func() { faults[slot] = t.slot(ctx, slot, numbers) })
	}
	group.Wait()
	return errors.Join(errors.Join(faults...), ctx.Err(), t.summary(time.Since(began)))
}

// hunt sees whether planted bugs are caught.
func (t *torture) hunt(ctx context.Context) error {
	fmt.Printf("seed %d: planted bugs, up to %d rounds of %d events for each\n", t.seed, bugRounds, t.events)
	if err := t.prepare(); err != nil {
		return err
	}
	if err := t.bugs(ctx); err != nil {
		return err
	}
	fmt.Println("every planted bug was caught")
	return os.RemoveAll(t.work)
}

// prepare finds the repository and builds the program.
func (t *torture) prepare() error {
	out, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return fmt.Errorf("go env: %w", err)
	}
	t.root = filepath.Dir(strings.TrimSpace(string(out)))
	if t.work, err = os.MkdirTemp("", "torture-"); err != nil {
		return err
	}
	if t.binary == "" {
		t.binary = filepath.Join(t.work, "hindsight")
		args := []string{"build", "-trimpath", "-o", t.binary}
		if t.race {
			args = append(args, "-race")
		}
		build := exec.Command("go", append(args, ".")...)
		build.Dir = t.root
		if out, err := build.CombinedOutput(); err != nil {
			return fmt.Errorf("go build: %w\n%s", err, out)
		}
	}
	schema, err := exec.Command(t.binary, "config", "schema").Output()
	if err != nil {
		return fmt.Errorf("hindsight config schema: %w", err)
	}
	t.keys = map[string]bool{}
	for _, key := range []string{"session_timeout", "transaction_timeout", "instance"} {
		t.keys[key] = strings.Contains(string(schema), `"`+key+`"`)
	}
	return nil
}

// slot plays rounds on a broker of its own.
func (t *torture) slot(ctx context.Context, slot int, numbers <-chan uint64) (err error) {
	b, err := startBroker(ctx, t.root, filepath.Join(t.work, fmt.Sprintf("broker-%d", slot)), t.port+10*slot)
	if err != nil {
		return err
	}
	defer func() {
		if e := b.stop(); err == nil {
			err = e
		}
	}()
	d, err := dial(b.direct)
	if err != nil {
		return err
	}
	defer d.client.Close()
	decoders, err := loadCodecs(t.root)
	if err != nil {
		return err
	}
	for number := range numbers {
		if t.hunting && t.total().broken() > 0 {
			return nil
		}
		r := &round{
			plan: newPlan(t.seed, number, t.kind, t.events), seed: t.seed, prefix: fmt.Sprintf("r%d-", number), binary: t.binary, keys: t.keys,
			standstill: t.standstill, broker: b, direct: d, codecs: decoders, dir: filepath.Join(t.work, fmt.Sprintf("round-%d", number)),
		}
		if t.delivery == "unsafe" {
			r.plan.delivery = "at-least-once"
		}
		if err := t.round(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

func (t *torture) round(ctx context.Context, r *round) error {
	if err := os.MkdirAll(r.dir, 0o755); err != nil {
		return err
	}
	res, err := r.run(ctx)
	if ctx.Err() != nil {
		return nil
	}
	if err != nil {
		res.Error = err.Error()
		res.violated(r.violations)
	}
	t.mu.Lock()
	t.results = append(t.results, res)
	bad := res.Error != "" || res.sum() > 0
	if !t.hunting {
		fmt.Println(&res)
	}
	for _, e := range res.Exits {
		if !t.hunting {
			fmt.Printf("    %s %s at %s:\n      %s\n", e.Process, e.How, e.At, strings.Join(e.Words, "\n      "))
		}
	}
	if bad && !t.hunting {
		for _, v := range res.Examples {
			fmt.Printf("    %s: %s\n", v.Law, v.Text)
		}
		fmt.Printf("    kept in %s; again: go run ./integration/torture -seed %d -rounds 1 -round %d -events %d -kind %s -deliver %s\n",
			r.dir, t.seed, r.plan.round, t.events, r.plan.kind, t.delivery)
	}
	if !bad && !t.keep {
		err = os.RemoveAll(r.dir)
	}
	t.mu.Unlock()
	if res.Error == "" {
		return errors.Join(err, insist(ctx, func() error { return r.direct.remove(ctx, r.prefix) }))
	}
	return nil
}

// errViolated is what a run ends with that has found something.
var errViolated = errors.New("the laws do not hold")

// total adds the rounds up.
func (t *torture) total() *result {
	t.mu.Lock()
	defer t.mu.Unlock()
	total := &result{Faults: map[string]int{}, Idle: map[string]int{}, Violations: map[string]int{}}
	for _, r := range t.results {
		total.Events += r.Events
		total.Labels += r.Labels
		total.Outcomes += r.Outcomes
		total.Firings += r.Firings
		total.LostMarkers += r.LostMarkers
		total.Exits = append(total.Exits, r.Exits...)
		for _, m := range []struct{ into, from map[string]int }{{total.Faults, r.Faults}, {total.Idle, r.Idle}, {total.Violations, r.Violations}} {
			for key, n := range m.from {
				m.into[key] += n
			}
		}
	}
	return total
}

// summary prints the sums of the run, and writes the report.
func (t *torture) summary(took time.Duration) error {
	total, failed := t.total(), 0
	for _, r := range t.results {
		if r.Error != "" {
			failed++
		}
	}
	fmt.Printf("seed %d: %d rounds, %d events, %d labels, %d outcomes, %d firings in %.0f s\n  faults while records were under way: %s\n  faults while none were: %s\n  programs that ended by themselves or badly: %s\n  markers of transactions that a killed broker lost, and the harness wrote as an operator: %d\n  violations: %d (%s); rounds that could not be judged: %d\n",
		t.seed, len(t.results), total.Events, total.Labels, total.Outcomes, total.Firings, took.Seconds(),
		counts(total.Faults), counts(total.Idle), counts(ends(total.Exits)), total.LostMarkers, total.sum(), counts(total.Violations), failed)
	if t.report != "" {
		text, err := json.MarshalIndent(map[string]any{"seed": t.seed, "seconds": took.Seconds(), "total": total, "rounds": t.results}, "", " ")
		if err != nil {
			return err
		}
		if err := os.WriteFile(t.report, text, 0o644); err != nil {
			return err
		}
	}
	switch {
	case total.sum() > 0:
		return errViolated
	case failed > 0 || len(t.results) < t.rounds:
		return fmt.Errorf("%d of %d rounds were judged", len(t.results)-failed, t.rounds)
	case !t.keep:
		return os.RemoveAll(t.work)
	}
	return nil
}
