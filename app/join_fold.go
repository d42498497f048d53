package app

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"

	"hindsight/consumer"
	"hindsight/labels"
	"hindsight/labels/store"
	"hindsight/schemas"
)

// fold reads what lies between a state and the commit, and applies it.
type fold struct {
	*recovery
	labels   *labelReader
	store    store.Store
	a        assignment
	target   labels.Status
	progress *progress
	done     int64        // records that were read, of those that progress was told of
	join     *labels.Join // once records are applied
}

// fromStore brings what the store holds to the commit. The error has a
// rebuildReason where only a rebuild can.
func (f *fold) fromStore(ctx context.Context) (*labels.Join, error) {
	join, err := f.open(f.store, f.a.id)
	if err != nil {
		return nil, err
	}
	if err := f.unusable(ctx, join.Offsets()); err != nil {
		return nil, err
	}
	from := join.Offsets()
	f.progress.begin("catching up", f.records(from))
	return join, f.apply(ctx, join, from, true)
}

// unusable says why a state cannot be caught up, nil where it can.
func (f *fold) unusable(ctx context.Context, have labels.Offsets) error {
	switch {
	case have == labels.Offsets{}:
		return errEmpty
	case have.Scores > f.a.scores || have.Rerouted > f.a.rerouted || f.a.labels >= 0 && have.Labels > f.a.labels:
		return errAhead
	case f.a.labels >= 0:
		if _, known := f.a.feed.before(have.Labels); !known {
			return fmt.Errorf("%w: the clock of the labels is not known so far back", errOld)
		}
	}
	if f.config.Scores.Foreign() {
		source, err := newForeignSource(f.a)
		if err != nil {
			return err
		}
		if _, known := source.committed.before(have.Scores); !known {
			return fmt.Errorf("%w: the clock of the scores is not known so far back", errOld)
		}
	}
	topics := f.config.Topics
	starts, err := offsets(ctx, f.admin.ListStartOffsets, topics.Scores, topics.LabelsRerouted, f.config.Labels.Topic)
	if err != nil {
		return err
	}
	for _, s := range f.spans(have) {
		if start := starts[s.topic][s.partition]; s.from < s.to && s.from < start {
			return fmt.Errorf("%w: it needs %s/%d from offset %d, the log begins at %d", errOld, s.topic, s.partition, s.from, start)
		}
	}
	return nil
}

// spans are the records between a state and the commit.
func (f *fold) spans(from labels.Offsets) []span {
	all := []span{
		{f.config.Topics.LabelsRerouted, f.a.id, from.Rerouted, f.a.rerouted},
		{f.config.Topics.Scores, f.a.id, from.Scores, f.a.scores},
	}
	if f.a.labels >= 0 {
		all = append(all, span{f.config.Labels.Topic, f.a.id, from.Labels, f.a.labels})
	}
	return all
}

// records is how many records apply reads and then settles.
func (f *fold) records(from labels.Offsets) (n int64) {
	for _, s := range f.spans(from) {
		n += 2 * max(0, s.to-s.from)
	}
	return n
}

// fresh begins at the committed offsets, which are the starts of the logs.
func (f *fold) fresh(ctx context.Context) (*labels.Join, error) {
	join, err := f.wiped()
	if err != nil {
		return nil, err
	}
	f.progress.begin("beginning", 0)
	return join, f.apply(ctx, join, f.offsets(), false)
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
	decided := labels.NewDecided(f.target.Floors)
	outcomes := span{topic, f.a.id, f.target.Floors.Outcomes, at[topic][f.a.id]}
	f.done, f.join = 0, nil
	f.progress.begin("rebuilding", max(0, outcomes.to-outcomes.from)+f.records(f.target.Floors))
	if err := f.read(ctx, outcomes, func(r *kgo.Record) error {
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
	if err := f.apply(ctx, join, f.target.Floors, true); err != nil {
		return nil, err
	}
	return join, f.store.Sync() // or a crash soon would cost all of it again
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

// read is readSpans of one span that progress is told of.
func (f *fold) read(ctx context.Context, s span, visit func(*kgo.Record) error) error {
	before := f.done
	err := readSpans(ctx, f.client, []span{s}, func(r *kgo.Record) error {
		f.done = before + r.Offset + 1 - s.from
		f.tell()
		return visit(r)
	})
	f.done = before + max(0, s.to-s.from)
	f.tell()
	return err
}

// tell tells progress of what was read and, which a rebuild may do at once, settled.
func (f *fold) tell() {
	done := f.done
	if f.join != nil {
		done += f.join.Drained()
	}
	f.progress.reach(done)
}

// apply adds the decisions of labels-rerouted to its very end (a lift that is
// logged is in force, read or not) and the records from `from` to the commit,
// settles what was closed by then, and saves. It commits in pieces: a rebuild
// that ends before its end is marked as unfinished, and a state that is being
// caught up tells by its offsets from where to go on.
func (f *fold) apply(ctx context.Context, join *labels.Join, from labels.Offsets, settle bool) (err error) {
	f.join = join
	p := &pieces{begin: f.store.Load, join: join, batch: f.store.Load(), ready: func() error { return f.stage.space.await(ctx) }}
	defer func() { err = errors.Join(err, p.batch.Discard()) }()
	forwarded, err := f.decisions(ctx, p, from.Rerouted)
	if err != nil {
		return err
	}
	if err := f.forwarded(ctx, p, forwarded); err != nil {
		return err
	}
	if err := f.scores(ctx, p, from.Scores); err != nil {
		return err
	}
	if err := f.inPlace(ctx, p, from.Labels); err != nil {
		return err
	}
	p.begin = f.store.Begin // from here on the state is read
	if err := p.commit(); err != nil {
		return err
	}
	for done := !settle; !done; {
		if err := ctx.Err(); err != nil {
			return err
		}
		if done, err = join.Settle(p.batch, f.target); err != nil {
			return err
		}
		f.tell()
		if !done {
			if err := p.commit(); err != nil {
				return err
			}
		}
	}
	o := f.offsets()
	o.Outcomes = max(o.Outcomes, join.Offsets().Outcomes)
	join.SetOffsets(o)
	return p.commit()
}

// scores adds those of a span of scores.
func (f *fold) scores(ctx context.Context, p *pieces, from int64) error {
	if f.config.Scores.Foreign() {
		return f.foreignScores(ctx, p, from)
	}
	var score schemas.Score // its lists and texts are used again
	return f.read(ctx, span{f.config.Topics.Scores, f.a.id, from, f.a.scores}, func(r *kgo.Record) error {
		if err := readScore(r, &score); err != nil {
			return err
		}
		return p.add(p.join.AddScore(p.batch, &score, r.Offset))
	})
}

// decisions adds lifts and settings, and returns the part of labels-rerouted
// that holds the forwarded labels that were committed. They are read once more:
// a lift must be added before the records that it raises.
func (f *fold) decisions(ctx context.Context, p *pieces, from int64) (forwarded span, err error) {
	topic := f.config.Topics.LabelsRerouted
	at, err := offsets(ctx, f.admin.ListEndOffsets, topic)
	if err != nil {
		return span{}, err
	}
	forwarded = span{topic: topic, partition: f.a.id}
	all := []span{{topic, f.a.id, from, at[topic][f.a.id]}}
	return forwarded, readSpans(ctx, f.client, all, func(r *kgo.Record) error {
		rec, err := readRerouted(r)
		switch {
		case err != nil:
			return err
		case rec.lift != nil:
			return p.add(p.join.AddLift(p.batch, rec.lift))
		case rec.settings != nil:
			return p.add(p.join.AddSettings(p.batch, *rec.settings, r.Offset))
		case r.Offset >= f.a.rerouted:
			return nil // not committed: it comes again
		}
		if forwarded.to == 0 {
			forwarded.from = r.Offset
		}
		forwarded.to = r.Offset + 1
		return nil
	})
}

// forwarded adds the labels of a span of labels-rerouted.
func (f *fold) forwarded(ctx context.Context, p *pieces, s span) error {
	return f.read(ctx, s, func(r *kgo.Record) error {
		rec, err := readRerouted(r)
		if err != nil || rec.origin == nil {
			return err
		}
		l, err := f.labels.reroutedLabel(ctx, r, rec.origin)
		if err != nil {
			return err
		}
		return p.add(p.join.AddLabel(p.batch, l))
	})
}

// inPlace adds the labels that were joined where they lay. The others were
// forwarded, and dead letters told of, when they were read first.
func (f *fold) inPlace(ctx context.Context, p *pieces, from int64) error {
	if f.a.labels < 0 || from >= f.a.labels {
		return nil
	}
	mark, known := f.a.feed.before(from)
	if !known {
		return fmt.Errorf("%w: the commits do not tell the clock of %s/%d at offset %d", consumer.ErrFatal, f.config.Labels.Topic, f.a.id, from)
	}
	aside, err := f.aside(ctx, sourceID{f.config.Labels.Topic, f.a.id}, mark.Offset, &f.a.feed)
	if err != nil {
		return err
	}
	s, clock := f.stage, mark.Clock
	return f.read(ctx, span{f.config.Labels.Topic, f.a.id, mark.Offset, f.a.labels}, func(r *kgo.Record) error {
		if wasSetAside(aside, r.Offset) {
			return nil
		}
		var l labels.Label
		fault, err := f.labels.readLabel(ctx, r.Value, r.Timestamp.UnixMilli(), &l)
		if err != nil || fault != nil {
			return err
		}
		stamp := f.labels.labelStamp(r, &l)
		if stamp > f.a.feed.Clock {
			return nil // the clock never came there: it was quarantined as a future stamp
		}
		clock = max(clock, stamp)
		if r.Offset < from || s.place([]byte(l.EventID), s.top.scores) != r.Partition {
			return nil
		}
		l.Arrival, l.Topic, l.Partition, l.Offset, l.Rerouted = clock, strings.Clone(r.Topic), r.Partition, r.Offset, -1
		return p.add(p.join.AddLabel(p.batch, &l))
	})
}

// pieceBytes is how large a batch of a recovery grows.
const pieceBytes = 4 << 20

// pieces are the batches of a recovery, one after the other.
type pieces struct {
	begin func() store.Batch
	join  *labels.Join
	batch store.Batch
	ready func() error // waits until the store can take a batch
}

// add commits a batch that is large, after something was added to it.
func (p *pieces) add(err error) error {
	if err != nil || p.batch.Size() < pieceBytes {
		return err
	}
	return p.commit()
}

func (p *pieces) commit() error {
	if err := p.ready(); err != nil {
		return err
	}
	if err := p.join.Save(p.batch); err != nil {
		return err
	}
	if err := p.batch.Commit(); err != nil {
		return err
	}
	p.batch = p.begin()
	return nil
}
