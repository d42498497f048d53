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

func (r *readiness) attend(name string, s consumer.Stage) consumer.Stage {
	r.set(name, "joining its group")
	return attended{s, name, r}
}

func (a attended) Assign(ctx context.Context, commits []consumer.Commit) error {
	a.readiness.set(a.name, fmt.Sprintf("recovering %d partitions", len(commits)))
	return a.Stage.Assign(ctx, commits)
}

func (a attended) Process(ctx context.Context, now time.Time, fetches kgo.Fetches, out *consumer.Output) error {
	a.readiness.set(a.name, "")
	return a.Stage.Process(ctx, now, fetches, out)
}
