package app

import (
	"context"
	"maps"
	"slices"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"hindsight/app/config"
	"hindsight/consumer"
	"hindsight/labels"
	"hindsight/schemas"
)

// read fills the buckets, one topic after the other.
func (s *sampler) read(ctx context.Context, r *backReader, cfg *config.Config) error {
	t := cfg.Topics
	ids, err := newIDReader(cfg, r.lookup)
	if err != nil {
		return err
	}
	err = r.read(ctx, t.DeadLetters, nil, func() bool {
		return int64(len(s.events[deadLetterBucket])) >= min(s.want.EventDeadLetters, int64(s.n)) &&
			s.full(s.labels, map[string]int64{deadLetterBucket: s.want.Labels[deadLetterBucket]})
	}, func(rec *kgo.Record) (func(), error) {
		letter := readDeadLetter(rec)
		letter.message = ""
		id := ids.of(ctx, letter.from.topic, rec.Value)
		return func() { s.deadLetter(&letter, id) }, nil
	})
	if err != nil {
		return err
	}
	err = r.read(ctx, t.Outcomes, nil, func() bool {
		return s.full(s.scores, s.want.Outcomes, "pending") && s.full(s.labels, s.want.Labels, "waiting", deadLetterBucket)
	}, func(rec *kgo.Record) (func(), error) {
		var o schemas.Outcome
		if err := decodeOwn(rec, schemas.OutcomeRecord, o.DecodeAvro); err != nil {
			return nil, err
		}
		partition, decision := rec.Partition, schemas.Outcome{EventID: o.EventID, Tick: o.Tick, Kind: o.Kind, ScoreOffset: o.ScoreOffset,
			Fate: o.Fate, LabelTopic: o.LabelTopic, LabelPartition: o.LabelPartition, LabelOffset: o.LabelOffset}
		return func() { s.outcome(t.Scores, partition, &decision) }, nil
	})
	if err != nil {
		return err
	}
	for _, p := range r.exhausted(t.Outcomes) {
		s.reach[p] = schemas.Beginning
	}
	scores, err := newScoreReader(cfg, r.lookup)
	if err != nil {
		return err
	}
	err = r.read(ctx, t.Scores, r.join[t.Scores], func() bool {
		return s.full(s.scores, map[string]int64{"pending": s.want.Outcomes["pending"]})
	}, func(rec *kgo.Record) (func(), error) {
		score, err := scores.tell(ctx, rec)
		if score == nil || err != nil {
			return nil, err
		}
		place, offset, id, arrival := sourceID{t.Scores, rec.Partition}, rec.Offset, score.EventID, score.Arrival
		return func() { s.score(place, offset, id, arrival) }, nil
	})
	if err != nil {
		return err
	}
	return s.readWaiting(ctx, r, cfg)
}

// readWaiting finds the labels without a fate.
func (s *sampler) readWaiting(ctx context.Context, r *backReader, cfg *config.Config) error {
	topic := cfg.Labels.Topic
	place, err := consumer.PartitionerNamed(cfg.Scores.Partitioner)
	if topic == "" || err != nil {
		return err
	}
	decode, err := newLabelReader(cfg, r.lookup)
	if err != nil {
		return err
	}
	scores := int32(len(r.ends[cfg.Topics.Scores]))
	return r.read(ctx, topic, r.join[topic], func() bool {
		return s.full(s.labels, map[string]int64{"waiting": s.want.Labels["waiting"]})
	}, func(rec *kgo.Record) (func(), error) {
		var l labels.Label
		fault, err := decode.readLabel(ctx, rec.Value, rec.Timestamp.UnixMilli(), &l)
		if fault != nil || err != nil {
			return nil, err
		}
		from, offset, id, arrival := sourceID{topic, rec.Partition}, rec.Offset, l.EventID, decode.labelStamp(rec, &l)
		return func() { s.label(from, offset, id, arrival, place([]byte(id), scores)) }, nil
	})
}

// backReader reads topics from their ends backwards, in pieces.
type backReader struct {
	client       []kgo.Opt
	lookup       schemaLookup
	join         groupCommits
	starts, ends map[string]map[int32]int64
	at           map[string]map[int32]int64 // how far back each partition was read
	limit        int64                      // of records of each topic
	searched     int64
	cut          bool // whether the limit ended a search
}

// The number of records that are read at a time: at first of each partition, at
// most of all partitions together where that is more.
const (
	firstPiece = 256
	mostPiece  = 64 << 10
)

func (q *Inquiry) newBackReader(ctx context.Context, limit int64) (*backReader, error) {
	cfg, admin := q.Config, q.Admin
	r := &backReader{client: q.Client, limit: limit, at: map[string]map[int32]int64{}}
	var err error
	if r.lookup, err = q.schemas(); err != nil {
		return nil, err
	}
	if r.join, err = fetchCommits(ctx, admin, cfg.Kafka.StageGroup(config.StageJoin)); err != nil {
		return nil, err
	}
	topics := []string{cfg.Topics.Scores, cfg.Topics.Outcomes, cfg.Topics.DeadLetters}
	if cfg.Labels.Topic != "" {
		topics = append(topics, cfg.Labels.Topic)
	}
	if r.starts, err = offsets(ctx, admin.ListStartOffsets, topics...); err != nil {
		return nil, err
	}
	r.ends, err = offsets(ctx, admin.ListEndOffsets, topics...)
	return r, err
}

// read takes the committed records of a topic, of each partition the newest
// first, until enough says so, the starts are reached or the limit is. Where
// commits are given it begins at them. Records come oldest first: decode returns
// what takes one, nil for nothing, and holds no more of it than that needs.
func (r *backReader) read(ctx context.Context, topic string, commits map[int32]kadm.OffsetResponse, enough func() bool, decode func(*kgo.Record) (func(), error)) error {
	at := map[int32]int64{}
	for p, end := range r.ends[topic] {
		if commits != nil {
			end = min(end, max(commits[p].At, 0))
		}
		at[p] = max(end, r.starts[topic][p])
	}
	r.at[topic] = at
	before, most := r.searched, max(mostPiece/int64(max(len(at), 1)), firstPiece)
	for piece := int64(firstPiece); !enough(); piece = min(2*piece, most) {
		spans := r.spansBefore(topic, piece)
		if len(spans) == 0 {
			return nil
		}
		if r.searched-before >= r.limit {
			r.cut = true
			return nil
		}
		held := map[int32][]func(){}
		if err := readSpans(ctx, r.client, spans, func(rec *kgo.Record) error {
			r.searched++
			take, err := decode(rec)
			if take != nil {
				held[rec.Partition] = append(held[rec.Partition], take)
			}
			return err
		}); err != nil {
			return err
		}
		for _, s := range spans {
			at[s.partition] = s.from
			for _, take := range slices.Backward(held[s.partition]) {
				take()
			}
		}
	}
	return nil
}

// spansBefore are the next n records of each partition, backwards.
func (r *backReader) spansBefore(topic string, n int64) (spans []span) {
	for _, p := range slices.Sorted(maps.Keys(r.at[topic])) {
		to := r.at[topic][p]
		if from := max(to-n, r.starts[topic][p]); from < to {
			spans = append(spans, span{topic, p, from, to})
		}
	}
	return spans
}

// exhausted returns the partitions of a topic that were read to their start.
func (r *backReader) exhausted(topic string) []int32 {
	var all []int32
	for p, at := range r.at[topic] {
		if at <= r.starts[topic][p] {
			all = append(all, p)
		}
	}
	return all
}
