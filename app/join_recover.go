package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
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
	rerouted int64
	labels   int64 // -1: labels are not joined in place
	feed     sourceCommit
	metadata string
}

// recovery brings the state of a partition to what was committed: it is a fold
// of topics, so what the local store lacks is read again, without output.
type recovery struct {
	config *config.Config
	client []kgo.Opt
	admin  *kadm.Client
	log    *slog.Logger
	join   labels.Config
	stage  *joinStage
}

func (r *recovery) open(s store.Store, id int32) (*labels.Join, error) {
	return labels.Open(id, r.stage.top.scores, s, r.join)
}

// run recovers one partition: from the store and the little that was committed
// after it was last written, or else from Kafka alone.
func (r *recovery) run(ctx context.Context, s store.Store, a assignment) (*labels.Join, error) {
	committed := newJoinCommit()
	if err := decodeCommit(r.config.Topics.Scores, a.id, a.metadata, &committed); err != nil {
		return nil, err
	}
	f := fold{recovery: r, store: s, a: a, target: committed.Status}
	if a.metadata == "" {
		if err := r.refuseOrphanedOutcomes(ctx, a.id); err != nil {
			return nil, err
		}
		return f.fresh(ctx)
	}
	join, err := r.open(s, a.id)
	if err == nil {
		if reason := f.unusable(join.Offsets()); reason == "" {
			join, err = f.catchUp(ctx, join)
		} else {
			err = fmt.Errorf("%w: %s", labels.ErrForeign, reason)
		}
	}
	switch {
	case err == nil:
		return join, nil
	case errors.Is(err, labels.ErrForeign), errors.Is(err, labels.ErrUnfinished), errors.Is(err, labels.ErrDamaged), errors.Is(err, labels.ErrDiverged):
		r.log.Info("rebuilding the state of a partition from Kafka", "partition", a.id, "reason", err)
		began := time.Now()
		join, err = f.again(ctx)
		r.log.Info("rebuilt", "partition", a.id, "seconds", time.Since(began).Seconds(), "error", err)
	}
	return join, err
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
		return fmt.Errorf("%w: group %s has no commit for %s/%d, but %s/%d holds outcomes: the commits were lost or the group renamed. "+
			"Restore the group's offsets, or delete our topics and let `hindsight topics create` make them anew",
			consumer.ErrFatal, r.config.Kafka.StageGroup(config.StageJoin), r.config.Topics.Scores, id, topic, id)
	}
	return nil
}

// fold reads what lies between a state and the commit, and applies it.
type fold struct {
	*recovery
	store  store.Store
	a      assignment
	target labels.Status
}

// unusable says why a state cannot be caught up, "" where it can.
func (f *fold) unusable(have labels.Offsets) string {
	switch {
	case have == labels.Offsets{}:
		return "the store holds nothing"
	case have.Scores > f.a.scores || have.Rerouted > f.a.rerouted || f.a.labels >= 0 && have.Labels > f.a.labels:
		return "the store is ahead of the commits"
	case f.a.labels >= 0:
		if _, known := f.a.feed.before(have.Labels); !known {
			return "the clock of the labels is not known so far back"
		}
	}
	return ""
}

// fresh begins at the committed offsets, which are the starts of the logs.
func (f *fold) fresh(ctx context.Context) (*labels.Join, error) {
	join, err := f.wiped()
	if err != nil {
		return nil, err
	}
	return join, f.apply(ctx, join, f.offsets(), func(store.Batch) (bool, error) { return true, nil })
}

func (f *fold) catchUp(ctx context.Context, join *labels.Join) (*labels.Join, error) {
	return join, f.apply(ctx, join, join.Offsets(), func(b store.Batch) (bool, error) { return join.Settle(b, f.target) })
}

// again rebuilds from the floors in the commit.
func (f *fold) again(ctx context.Context) (*labels.Join, error) {
	join, err := f.wiped()
	if err != nil {
		return nil, err
	}
	topic := f.config.Topics.Outcomes
	at, err := offsets(ctx, f.admin.ListEndOffsets, topic)
	if err != nil {
		return nil, err
	}
	decided := labels.NewDecided()
	outcomes := []span{{topic, f.a.id, f.target.Floors.Outcomes, at[topic][f.a.id]}}
	if err := readSpans(ctx, f.client, outcomes, func(r *kgo.Record) error {
		var o schemas.Outcome
		if err := decodeOwn(r, schemas.OutcomeRecord, o.DecodeAvro); err != nil {
			return err
		}
		decided.Add(&o)
		return nil
	}); err != nil {
		return nil, err
	}
	if err := join.Rebuild(f.target, decided); err != nil {
		return nil, err
	}
	return join, f.apply(ctx, join, f.target.Floors, func(b store.Batch) (bool, error) { return join.Settle(b, f.target) })
}

func (f *fold) wiped() (*labels.Join, error) {
	b := f.store.Begin()
	if err := labels.Wipe(b, f.a.id); err != nil {
		return nil, errors.Join(err, b.Discard())
	}
	if err := b.Commit(); err != nil {
		return nil, err
	}
	return f.open(f.store, f.a.id)
}

func (f *fold) offsets() labels.Offsets {
	return labels.Offsets{Scores: f.a.scores, Rerouted: f.a.rerouted, Labels: max(f.a.labels, 0), Outcomes: f.target.Floors.Outcomes}
}

// apply adds the decisions of labels-rerouted to its very end (a lift that is
// logged is in force, read or not) and the records from `from` to the commit,
// settles what was closed by then, and saves.
func (f *fold) apply(ctx context.Context, join *labels.Join, from labels.Offsets, settle func(store.Batch) (bool, error)) (err error) {
	b := f.store.Begin()
	defer func() { err = errors.Join(err, b.Discard()) }()
	forwarded, err := f.decisions(ctx, join, b, from.Rerouted)
	if err != nil {
		return err
	}
	for _, l := range forwarded {
		if err := join.AddLabel(b, l); err != nil {
			return err
		}
	}
	scores := []span{{f.config.Topics.Scores, f.a.id, from.Scores, f.a.scores}}
	if err := readSpans(ctx, f.client, scores, func(r *kgo.Record) error {
		score, err := decodeScore(r)
		if err != nil {
			return err
		}
		return join.AddScore(b, score, r.Offset)
	}); err != nil {
		return err
	}
	if err := f.inPlace(ctx, join, b, from.Labels); err != nil {
		return err
	}
	for done := false; !done; {
		if done, err = settle(b); err != nil {
			return err
		}
		if !done {
			if err := b.Commit(); err != nil {
				return err
			}
			b = f.store.Begin()
		}
	}
	o := f.offsets()
	o.Outcomes = max(o.Outcomes, join.Offsets().Outcomes)
	join.SetOffsets(o)
	if err := join.Save(b); err != nil {
		return err
	}
	return b.Commit()
}

// decisions adds lifts and settings, and returns the forwarded labels that
// were committed.
func (f *fold) decisions(ctx context.Context, join *labels.Join, b store.Batch, from int64) ([]*labels.Label, error) {
	topic := f.config.Topics.LabelsRerouted
	at, err := offsets(ctx, f.admin.ListEndOffsets, topic)
	if err != nil {
		return nil, err
	}
	var forwarded []*labels.Label
	err = readSpans(ctx, f.client, []span{{topic, f.a.id, from, at[topic][f.a.id]}}, func(r *kgo.Record) error {
		rec, err := readRerouted(r)
		switch {
		case err != nil:
			return err
		case rec.lift != nil:
			return join.AddLift(b, rec.lift)
		case rec.settings != nil:
			return join.AddSettings(b, *rec.settings, r.Offset)
		case r.Offset >= f.a.rerouted:
			return nil // not committed: it comes again
		}
		l, err := f.stage.reroutedLabel(ctx, r, rec.origin)
		forwarded = append(forwarded, l)
		return err
	})
	return forwarded, err
}

// inPlace adds the labels that were joined where they lay. The others were
// forwarded, and dead letters told of, when they were read first.
func (f *fold) inPlace(ctx context.Context, join *labels.Join, b store.Batch, from int64) error {
	if f.a.labels < 0 || from >= f.a.labels {
		return nil
	}
	mark, known := f.a.feed.before(from)
	if !known {
		return fmt.Errorf("%w: the commits do not tell the clock of %s/%d at offset %d", consumer.ErrFatal, f.config.Labels.Topic, f.a.id, from)
	}
	s, clock := f.stage, mark.Clock
	return readSpans(ctx, f.client, []span{{f.config.Labels.Topic, f.a.id, mark.Offset, f.a.labels}}, func(r *kgo.Record) error {
		if slices.Contains(f.a.feed.Aside, r.Offset) {
			return nil
		}
		var l labels.Label
		fault, err := s.readLabel(ctx, r.Value, r.Timestamp.UnixMilli(), &l)
		if err != nil || fault != nil {
			return err
		}
		stamp := s.labelStamp(r, &l)
		if stamp > f.a.feed.Clock {
			return nil // the clock never came there: it was quarantined as a future stamp
		}
		clock = max(clock, stamp)
		if r.Offset < from || s.place([]byte(l.EventID), s.top.scores) != r.Partition {
			return nil
		}
		l.Arrival, l.Topic, l.Partition, l.Offset, l.Rerouted = clock, strings.Clone(r.Topic), r.Partition, r.Offset, -1
		return join.AddLabel(b, &l)
	})
}
