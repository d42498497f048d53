package app

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"hindsight/app/config"
	"hindsight/app/telemetry"
	"hindsight/consumer"
	"hindsight/drift"
	"hindsight/schemas"
)

// watchStage folds slices into windows and alarms. Its sums live in memory:
// a restart folds the slices of the live windows again, from the floor in its
// commit, and takes the memory of its alarms from watch-state.
type watchStage struct {
	config  *config.Config
	client  []kgo.Opt
	admin   *kadm.Client
	top     topology
	drift   drift.Config
	framing watchFraming
	ends    *ends // of a bounded run
	metrics *telemetry.Metrics
	log     *slog.Logger

	recovering *recoveries[*watchPartition]
	parts      map[int32]*watchPartition // recovered
	spent      bool                      // the sums hold what this transaction has read
	notes      watchEmitter
}

type watchFraming struct{ window, alarm, state []byte }

// watchPartition is one partition of slices, with a Watch for each model in it.
type watchPartition struct {
	id      int32
	next    int64
	models  map[string]*drift.Watch
	touched bool
}

func (s *watchStage) watch(p *watchPartition, model string) (*drift.Watch, error) {
	if w := p.models[model]; w != nil {
		return w, nil
	}
	c := s.drift
	c.Model = model
	w, err := drift.New(c)
	if err == nil {
		p.models[model] = w
	}
	return w, err
}

func (s *watchStage) add(p *watchPartition, r *kgo.Record) error {
	var slice schemas.Slice
	if err := decodeOwn(r, schemas.SliceRecord, slice.DecodeAvro); err != nil {
		return fmt.Errorf("%w: %w", consumer.ErrFatal, err)
	}
	w, err := s.watch(p, slice.Model)
	if err != nil {
		return err
	}
	return w.Add(&slice, r.Offset)
}

func (s *watchStage) Process(ctx context.Context, _ time.Time, fetches kgo.Fetches, out *consumer.Output) error {
	var fault error
	s.spent = false
	fetches.EachPartition(func(tp kgo.FetchTopicPartition) {
		p := s.parts[tp.Partition]
		if p == nil && len(tp.Records) > 0 {
			fault = notHeld(tp.Topic, tp.Partition)
		}
		for _, r := range tp.Records {
			if fault != nil {
				return
			}
			p.next, p.touched, s.spent = r.Offset+1, true, true
			if !r.Attrs.IsControl() {
				fault = s.add(p, r)
			}
		}
	})
	if fault != nil {
		return fault
	}
	s.notes.reset(s)
	for _, p := range slices.SortedFunc(maps.Values(s.parts), func(a, b *watchPartition) int { return cmp.Compare(a.id, b.id) }) {
		if p.touched {
			if err := s.judge(p, out); err != nil {
				return err
			}
		}
	}
	out.Records = append(out.Records, s.notes.records...)
	if s.ends != nil && fetches.NumRecords() == 0 {
		var err error
		out.Done, err = s.ended(ctx)
		return err
	}
	return nil
}

func (s *watchStage) judge(p *watchPartition, out *consumer.Output) error {
	state := watchCommit{Judged: schemas.Forever, Floor: p.next, Topics: s.top.of(watchDepends...)}
	for _, model := range slices.Sorted(maps.Keys(p.models)) {
		w := p.models[model]
		before := w.Judged()
		s.notes.partition = p.id
		if err := w.Judge(&s.notes); err != nil {
			return err
		}
		if w.Judged() != before {
			s.notes.state(w.Memory())
		}
		state.Judged = min(state.Judged, w.Judged())
		state.Floor = min(state.Floor, w.Floor())
	}
	out.Commit(s.config.Topics.Slices, p.id, p.next, encodeCommit(state))
	return nil
}

func (s *watchStage) Committed() error {
	for _, p := range s.parts {
		p.touched = false
	}
	for i := range s.notes.windows {
		s.metrics.ObserveWindow(s.notes.windows[i])
	}
	for i := range s.notes.alarms {
		s.metrics.ObserveAlarm(s.notes.alarms[i])
	}
	return nil
}

// Aborted cannot take back what the sums in memory have merged: the session is
// replaced, and the partitions are folded again.
func (s *watchStage) Aborted() error {
	if s.spent {
		return fmt.Errorf("a transaction of WATCH was aborted: its slices are folded again")
	}
	return nil
}

// ended reports whether JOIN has closed its last tick everywhere and all its
// slices have been judged.
func (s *watchStage) ended(ctx context.Context) (bool, error) {
	fixed, err := s.ends.fixed(ctx)
	if !fixed || err != nil {
		return false, err
	}
	join, err := fetchCommits(ctx, s.admin, s.config.Kafka.StageGroup(config.StageJoin))
	if err != nil {
		return false, err
	}
	for p := range s.top.scores {
		state := newJoinCommit()
		if err := decodeCommit(s.config.Topics.Scores, p, join.metadata(s.config.Topics.Scores, p), &state); err != nil {
			return false, err
		}
		if state.EndedAt <= s.ends.total() {
			return false, nil
		}
	}
	at, err := offsets(ctx, s.admin.ListEndOffsets, s.config.Topics.Slices)
	if err != nil {
		return false, err
	}
	own, err := fetchCommits(ctx, s.admin, s.config.Kafka.StageGroup(config.StageWatch))
	if err != nil {
		return false, err
	}
	for p, end := range at[s.config.Topics.Slices] {
		if end > 0 && own.offset(s.config.Topics.Slices, p) < end {
			return false, nil
		}
	}
	return true, nil
}

// watchEmitter encodes what WATCH publishes in one transaction.
type watchEmitter struct {
	stage     *watchStage
	partition int32
	records   []*kgo.Record
	windows   []schemas.Window
	alarms    []schemas.Alarm
}

func (e *watchEmitter) reset(s *watchStage) {
	e.stage = s
	clear(e.records)
	e.records, e.windows, e.alarms = e.records[:0], e.windows[:0], e.alarms[:0]
}

func (e *watchEmitter) record(topic string, key, value []byte) {
	e.records = append(e.records, &kgo.Record{Topic: topic, Partition: e.partition, Key: key, Value: value})
}

// Window is keyed by monitor, window, start, version and segment.
func (e *watchEmitter) Window(w *schemas.Window) error {
	key := fmt.Appendf(nil, "%s|%s|%v|%s|%s", w.Model, w.Name, w.Start, w.Version, w.Segment)
	e.record(e.stage.config.Topics.Windows, key, w.AppendAvro(slices.Clone(e.stage.framing.window)))
	kept := *w
	kept.Metrics = slices.Clone(w.Metrics)
	e.windows = append(e.windows, kept)
	return nil
}

// Alarm is keyed by its id.
func (e *watchEmitter) Alarm(a *schemas.Alarm) error {
	e.record(e.stage.config.Topics.Alarms, []byte(a.ID), a.AppendAvro(slices.Clone(e.stage.framing.alarm)))
	e.alarms = append(e.alarms, *a)
	return nil
}

func (e *watchEmitter) state(m schemas.WatchState) {
	e.record(e.stage.config.Topics.WatchState, []byte(m.Model), m.AppendAvro(slices.Clone(e.stage.framing.state)))
}
