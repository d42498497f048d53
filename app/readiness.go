package app

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"hindsight/consumer"
)

// readiness knows which stages are not ready, and why.
type readiness struct {
	mu      sync.Mutex
	waiting map[string]string // stage → reason
}

func (r *readiness) set(stage, reason string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.waiting == nil {
		r.waiting = map[string]string{}
	}
	if r.waiting[stage] = reason; reason == "" {
		delete(r.waiting, stage)
	}
}

// held says which partition of a stage waits for something for so long.
func (r *readiness) held(stage string, p consumer.Partition, h consumer.Hold, since time.Duration) {
	reason := ""
	if since > 0 {
		reason = fmt.Sprintf("%s/%d waits at offset %d for %v: %v", p.Topic, p.ID, h.Offset, since.Round(time.Second), h.Reason)
	}
	r.set(stage+" (waiting)", reason)
}

// reason is why the process is not ready, "" where it is.
func (r *readiness) reason() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []string
	for stage, why := range r.waiting {
		all = append(all, stage+": "+why)
	}
	slices.Sort(all)
	return strings.Join(all, "; ")
}

// attended is a stage whose readiness is followed: it is ready once it has
// been asked to process, and not while it takes partitions over.
type attended struct {
	consumer.Stage
	name      string
	readiness *readiness
}

// recoveringStage is a stage that can say what it is still busy with.
type recoveringStage interface {
	consumer.Recovering
	Waiting() string // for what, "" for nothing
}

// attendedRecovering is attended and passes Ready on.
type attendedRecovering struct {
	attended
	stage recoveringStage
}

func (r *readiness) attend(name string, s consumer.Stage) consumer.Stage {
	r.set(name, "joining its group")
	a := attended{s, name, r}
	if stage, ok := s.(recoveringStage); ok {
		return attendedRecovering{a, stage}
	}
	return a
}

func (a attended) Assign(ctx context.Context, commits []consumer.Commit) error {
	a.readiness.set(a.name, fmt.Sprintf("taking over %d partitions", len(commits)))
	return a.Stage.Assign(ctx, commits)
}

func (a attended) Process(ctx context.Context, now time.Time, fetches kgo.Fetches, out *consumer.Output) error {
	a.readiness.set(a.name, "")
	return a.Stage.Process(ctx, now, fetches, out)
}

// Ready implements consumer.Recovering.
func (a attendedRecovering) Ready() ([]consumer.Partition, error) { return a.stage.Ready() }

// Pause implements consumer.Pausing.
func (a attendedRecovering) Pause() bool {
	stage, ok := a.stage.(consumer.Pausing)
	if !ok || !stage.Pause() {
		return false
	}
	a.readiness.set(a.name, a.stage.Waiting())
	return true
}

// Process is the stage's, which may have partitions that are not ready.
func (a attendedRecovering) Process(ctx context.Context, now time.Time, fetches kgo.Fetches, out *consumer.Output) error {
	a.readiness.set(a.name, a.stage.Waiting())
	return a.stage.Process(ctx, now, fetches, out)
}
