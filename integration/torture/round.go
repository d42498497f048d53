package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// round is one run of the program under one plan of faults, judged at its end.
type round struct {
	plan       *plan
	seed       uint64
	dir        string
	prefix     string
	binary     string
	keys       map[string]bool // of the configuration that the program knows
	broker     *broker
	direct     *direct
	codecs     codecs
	items      []item
	feed       *feed
	processes  []*process
	expected   *windows
	firings    int
	standstill time.Duration // after which a group that makes no headway is stuck
	stuck      bool

	mu         sync.Mutex
	log        *os.File
	violations []violation
}

// violation is a law that does not hold.
type violation struct {
	Law  string `json:"law"`
	Text string `json:"text"`
}

// breaks reports whether records show it, not only the absence of headway.
func (v violation) breaks() bool { return v.Law != "progress" && v.Law != "life cycle" }

// mostViolations is how many of a round are kept; all are counted.
const mostViolations = 200

func (r *round) violate(law, format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	v := violation{law, fmt.Sprintf(format, args...)}
	if r.violations = append(r.violations, v); len(r.violations) < mostViolations {
		fmt.Fprintf(r.log, "VIOLATION %s: %s\n", v.Law, v.Text)
	}
}

func (r *round) logf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	fmt.Fprintf(r.log, "%s %s\n", time.Now().UTC().Format("15:04:05.000"), fmt.Sprintf(format, args...))
}

func (r *round) topic(name string) string { return r.prefix + name }

// run prepares, torments and judges. An error is no violation: nothing was shown.
func (r *round) run(ctx context.Context) (res result, err error) {
	began := time.Now()
	res = result{Round: r.plan.round, Kind: r.plan.kind, Delivery: r.plan.delivery}
	if r.log, err = os.Create(filepath.Join(r.dir, "round.log")); err != nil {
		return res, err
	}
	defer r.log.Close()
	r.logf("plan %+v", *r.plan)
	n := &nemesis{round: r, hits: map[string]int{}, idle: map[string]int{}}
	if err := r.prepare(ctx); err != nil {
		return res, err
	}
	defer func() {
		for _, p := range r.processes {
			p.kill()
		}
	}()
	if err := r.torment(ctx, n); err != nil {
		return res, err
	}
	res.Faults, res.Idle = n.hits, n.idle
	res.LostMarkers = n.lost
	res.Tormented = time.Since(began).Seconds()
	if !r.stuck {
		if err := r.finish(); err != nil {
			return res, err
		}
	}
	for _, p := range r.processes {
		res.Exits = append(res.Exits, p.exits...)
	}
	if r.stuck { // judged as far as it came
		res.Error = "it does not go on"
		if err := r.direct.ended(ctx, r.prefix); err != nil {
			return res, err
		}
	}
	res.Finished = time.Since(began).Seconds()
	j, err := newJudge(ctx, r)
	if err != nil {
		return res, err
	}
	if err := j.laws(); err != nil {
		return res, err
	}
	res.Events, res.Labels = j.inputs[r.topic("events")], j.inputs[r.topic("labels")]
	res.Outcomes, res.Firings = len(j.fold.outcomes), r.firings
	res.Seconds = time.Since(began).Seconds()
	res.violated(r.violations)
	return res, nil
}

// prepare writes what the program needs and makes the topics.
func (r *round) prepare(ctx context.Context) error {
	if err := r.files(); err != nil {
		return err
	}
	if err := r.direct.create(ctx, r.topic("events"), r.plan.eventParts); err != nil {
		return err
	}
	if err := r.direct.create(ctx, r.topic("labels"), r.plan.labelParts); err != nil {
		return err
	}
	for i, stages := range r.plan.layout {
		p := &process{name: fmt.Sprintf("p%d", i), dir: r.dir, binary: r.binary, stages: stages}
		if err := os.WriteFile(filepath.Join(r.dir, p.name+".yaml"), []byte(r.config(p.name)), 0o644); err != nil {
			return err
		}
		r.processes = append(r.processes, p)
	}
	r.items = invent(r.plan, r.seed)
	r.feed = &feed{
		direct: r.direct, events: r.topic("events"), labels: r.topic("labels"), items: r.items, least: r.plan.feed, steps: r.plan.align(r.items),
		ahead: ahead, news: make(chan struct{}),
	}
	if len(r.plan.hushes) > 0 {
		r.feed.ahead = 0
	}
	return insist(ctx, func() error { return r.processes[0].once(nil, "topics", "create", "-c", "p0.yaml") })
}

// torment lets the program work while faults come, until it has read everything.
func (r *round) torment(ctx context.Context, n *nemesis) error {
	for _, p := range r.processes {
		if err := p.start(); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	fed := make(chan error, 1)
	go func() { fed <- r.feed.run(ctx) }()
	if err := n.run(ctx); err != nil {
		return err
	}
	if err := <-fed; err != nil {
		return err
	}
	if err := n.settle(ctx); err != nil {
		return err
	}
	return r.catchUp(ctx, n)
}

// catchUp waits until everything is read; a group that makes no headway for
// long is a violation.
func (r *round) catchUp(ctx context.Context, n *nemesis) error {
	moved, before := time.Now(), int64(-1)
	for {
		left, err := r.lag(ctx)
		if err != nil || left == 0 {
			return err
		}
		if left != before {
			moved, before = time.Now(), left
		}
		if time.Since(moved) > r.standstill {
			r.violate("progress", "%d records are unread and nothing has moved for %v although the faults are over", left, r.standstill)
			r.stuck = true
			for _, p := range r.processes { // their logs then show where they stand
				<-p.signal(syscall.SIGQUIT, true)
			}
			return nil
		}
		if err := n.settle(ctx); err != nil {
			return err
		}
	}
}

// lag is how many records SCORE and JOIN have still to read.
func (r *round) lag(ctx context.Context) (int64, error) {
	var left int64
	for stage, topic := range map[string]string{"score": "events", "join": "scores"} {
		if err := insist(ctx, func() error {
			read, end, err := r.direct.progress(ctx, r.prefix+"group-"+stage, r.topic(topic))
			if err == nil {
				left += end - read
			}
			return err
		}); err != nil {
			return 0, err
		}
	}
	return left, nil
}

// busy reports whether records are under way.
func (r *round) busy(ctx context.Context) (bool, error) {
	left, err := r.lag(ctx)
	return left > 0, err
}

// finish ends the processes, and has one of them finish what was read and not yet decided.
func (r *round) finish() error {
	for _, p := range r.processes {
		if err := p.terminate(patience); errors.Is(err, errHangs) {
			r.violate("life cycle", "SIGTERM: %v", err)
		} else if err != nil {
			return err
		}
	}
	p := r.processes[0]
	if err := p.start("--until-end", "--report", "report.json"); err != nil {
		return err
	}
	p.mu.Lock()
	done := p.done
	p.mu.Unlock()
	if err := p.await(done, 2*r.standstill); err != nil {
		r.violate("progress", "run --until-end: %v", err)
		r.stuck = true
		return nil
	}
	if _, err := os.Stat(filepath.Join(r.dir, "report.json")); err != nil {
		return fmt.Errorf("run --until-end left no report: %w; see %s/p0.log", err, r.dir)
	}
	return nil
}

// topics gives every topic of the program a name of this round.
func (r *round) topics() string {
	var b strings.Builder
	for _, name := range []string{"scores", "outcomes", "labels-rerouted", "slices", "watch-state", "windows", "alarms", "models", "models-history", "dead-letters"} {
		fmt.Fprintf(&b, "  %s: %s\n", strings.ReplaceAll(name, "-", "_"), r.topic(name))
	}
	return b.String()
}
