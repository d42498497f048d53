package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"hindsight/app/config"
	"hindsight/consumer"
	"hindsight/labels"
	"hindsight/labels/store"
	"hindsight/schemas"
)

// assignment is what the group had committed of one partition of JOIN.
type assignment struct {
	id       int32
	scores   int64
	lost     int64 // scores from there on that were deleted before they were read
	rerouted int64
	source   string // metadata of rerouted: the commit of a partition of somebody else's scores
	labels   int64  // -1: labels are not joined in place
	feed     sourceCommit
	metadata string
	paused   []consumer.Partition // whose records wait for the recovery
}

// recovery brings the state of a partition to what was committed: it is a fold
// of topics, so what the local store lacks is read again, without output. It
// may recover several partitions at the same time.
type recovery struct {
	config *config.Config
	client []kgo.Opt
	admin  *kadm.Client
	log    *slog.Logger
	join   labels.Config
	stage  *joinStage // its parts that never change
}

func (r *recovery) open(s store.Store, id int32) (*labels.Join, error) {
	return labels.Open(id, r.stage.top.scores, s, r.join)
}

// run recovers one partition: from the store and the little that was committed
// after it was last written, or else from Kafka alone.
func (r *recovery) run(ctx context.Context, s store.Store, a assignment, p *progress) (*labels.Join, error) {
	committed := newJoinCommit()
	if err := decodeCommit(r.config.Topics.Scores, a.id, a.metadata, &committed); err != nil {
		return nil, err
	}
	own := &labelReader{config: r.config, reader: r.stage.reader, row: schemas.NewRow(labelFields(r.config.Labels))}
	f := fold{recovery: r, labels: own, store: s, a: a, target: committed.Status, progress: p}
	if a.metadata == "" {
		if err := r.refuseOrphanedOutcomes(ctx, a.id); err != nil {
			return nil, err
		}
		return f.fresh(ctx)
	}
	join, err := f.fromStore(ctx)
	reason := rebuildReason(err)
	if err == nil {
		r.log.Info("caught up", "partition", a.id, "records", f.done)
	}
	if reason == "" {
		return join, err
	}
	r.log.Info("rebuilding the state of a partition from Kafka", "partition", a.id, "reason", err)
	r.stage.metrics.CountRebuild(reason)
	began := time.Now()
	join, err = f.again(ctx)
	if err != nil && ctx.Err() != nil {
		r.log.Info("rebuild given up", "partition", a.id, "seconds", time.Since(began).Seconds())
		return nil, err
	}
	r.log.Info("rebuilt", "partition", a.id, "seconds", time.Since(began).Seconds(), "error", err)
	return join, err
}

// errEmpty and errAhead say why a sound state cannot be caught up.
var (
	errEmpty = errors.New("the store holds nothing")
	errAhead = errors.New("the store is ahead of the commits")
	errOld   = errors.New("the store is older than what Kafka still holds")
)

// rebuildReason names, for the metric, what only a rebuild can cure; "" is for
// every other error and none.
func rebuildReason(err error) string {
	for name, reason := range map[string]error{
		"empty": errEmpty, "ahead": errAhead, "old": errOld,
		"foreign": labels.ErrForeign, "unfinished": labels.ErrUnfinished, "damaged": labels.ErrDamaged, "diverged": labels.ErrDiverged,
	} {
		if errors.Is(err, reason) {
			return name
		}
	}
	return ""
}

// refuseOrphanedOutcomes stops where the group's commits are gone although
// outcomes were published: starting at the beginning would publish them again.
func (r *recovery) refuseOrphanedOutcomes(ctx context.Context, id int32) error {
	topic := r.config.Topics.Outcomes
	starts, err := offsets(ctx, r.admin.ListStartOffsets, topic)
	if err != nil {
		return err
	}
	at, err := offsets(ctx, r.admin.ListEndOffsets, topic)
	if err != nil {
		return err
	}
	if at[topic][id] > starts[topic][id] {
		// A topic that was deleted took its commits with it.
		if err := (&guard{r.admin, r.stage.top}).check(ctx); err != nil {
			return err
		}
		return fmt.Errorf("%w: group %s has no commit for %s/%d, but %s/%d holds outcomes: the commits were lost or the group renamed. "+
			"Restore the group's offsets, or delete our topics and let `hindsight topics create` make them anew",
			consumer.ErrFatal, r.config.Kafka.StageGroup(config.StageJoin), r.config.Topics.Scores, id, topic, id)
	}
	return nil
}
