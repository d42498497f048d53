package app

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"

	"hindsight/app/config"
	"hindsight/labels"
	"hindsight/schemas"
)

// storyReader collects the records about one id.
type storyReader struct {
	client       []kgo.Opt
	cfg          *config.Config
	lookup       schemaLookup
	join         groupCommits
	starts, ends map[string]map[int32]int64
	found        storyRecords
}

// storyRecords is what was found of an id.
type storyRecords struct {
	id        string
	partition int32
	topic     string // outcomes
	scores    []storyScore
	outcomes  []storyOutcome
	events    []storyEvent
	labels    []storyLabel
	letters   []deadLetter
	rules     []labels.Settings // as they were logged for the partition
	commit    joinCommit
	read      map[sourceID]int64 // how far JOIN has read the labels
}

type storyScore struct {
	schemas.Score
	place sourceID
	at    int64 // offset
}

type storyOutcome struct {
	schemas.Outcome
	at int64 // offset
}

type storyEvent struct {
	place sourceID
	at    int64
	stamp schemas.Instant
}

type storyLabel struct {
	labels.Label // Arrival: its clock where that is known, else its own stamp
	stamp        schemas.Instant
}

func (q *Inquiry) newStoryReader(ctx context.Context, id string) (*storyReader, error) {
	cfg, admin := q.Config, q.Admin
	r := &storyReader{client: q.Client, cfg: cfg, found: storyRecords{id: id, topic: cfg.Topics.Outcomes, commit: newJoinCommit(), read: map[sourceID]int64{}}}
	var err error
	if r.lookup, err = q.schemas(); err != nil {
		return nil, err
	}
	if r.join, err = fetchCommits(ctx, admin, cfg.Kafka.StageGroup(config.StageJoin)); err != nil {
		return nil, err
	}
	topics := []string{cfg.Topics.Scores, cfg.Topics.Outcomes, cfg.Topics.LabelsRerouted, cfg.Topics.DeadLetters}
	for _, t := range []string{cfg.Labels.Topic, cfg.Events.Topic} {
		if t != "" {
			topics = append(topics, t)
		}
	}
	if r.starts, err = offsets(ctx, admin.ListStartOffsets, topics...); err != nil {
		return nil, err
	}
	if r.ends, err = offsets(ctx, admin.ListEndOffsets, topics...); err != nil {
		return nil, err
	}
	f := &r.found
	if f.partition, err = placeOfID(cfg, id, int32(len(r.ends[cfg.Topics.Scores]))); err != nil {
		return nil, err
	}
	if err := decodeCommit(cfg.Topics.Scores, f.partition, r.join.metadata(cfg.Topics.Scores, f.partition), &f.commit); err != nil {
		return nil, err
	}
	for p := range r.ends[cfg.Labels.Topic] {
		f.read[sourceID{cfg.Labels.Topic, p}] = max(r.join.offset(cfg.Labels.Topic, p), 0)
	}
	return r, nil
}

func (r *storyReader) span(topic string, partition int32, from int64) span {
	return span{topic, partition, max(from, r.starts[topic][partition]), r.ends[topic][partition]}
}

// readOwn reads scores and outcomes, and the settings and labels that were
// forwarded to their partition.
func (r *storyReader) readOwn(ctx context.Context) error {
	f, t := &r.found, r.cfg.Topics
	reader, err := r.labelReader()
	if err != nil {
		return err
	}
	scores, err := newScoreReader(r.cfg, r.lookup)
	if err != nil {
		return err
	}
	var spans []span
	for _, topic := range []string{t.Scores, t.Outcomes, t.LabelsRerouted} {
		spans = append(spans, r.span(topic, f.partition, 0))
	}
	return readSpans(ctx, r.client, spans, func(rec *kgo.Record) error {
		switch {
		case rec.Topic == t.LabelsRerouted:
			return r.rerouted(ctx, reader, rec)
		case string(rec.Key) != f.id && !(rec.Topic == t.Scores && r.cfg.Scores.Foreign()): // whose keys are anything
			return nil
		case rec.Topic == t.Scores:
			score, err := scores.tell(ctx, rec)
			if score != nil && score.EventID == f.id {
				f.scores = append(f.scores, storyScore{*score, sourceID{rec.Topic, rec.Partition}, rec.Offset})
			}
			return err
		}
		var o schemas.Outcome
		if err := decodeOwn(rec, schemas.OutcomeRecord, o.DecodeAvro); err != nil {
			return err
		}
		f.outcomes = append(f.outcomes, storyOutcome{o, rec.Offset})
		return nil
	})
}

func (r *storyReader) rerouted(ctx context.Context, reader *labelReader, rec *kgo.Record) error {
	back, err := readRerouted(rec)
	if err != nil {
		return err
	}
	if back.settings != nil {
		r.found.rules = append(r.found.rules, *back.settings)
	}
	if back.origin == nil || string(rec.Key) != r.found.id || reader == nil {
		return nil
	}
	l, err := reader.reroutedLabel(ctx, rec, back.origin)
	if err == nil {
		r.found.labels = append(r.found.labels, storyLabel{*l, schemas.InstantOfMillis(back.origin.timestamp)})
	}
	return err
}

// readEvents finds when the events behind the scores were published, where they are still there.
func (r *storyReader) readEvents(ctx context.Context) error {
	topic := r.cfg.Events.Topic
	for _, s := range r.found.scores {
		if at := s.SourceOffset; s.SourcePartition >= 0 && at >= r.starts[topic][s.SourcePartition] && at < r.ends[topic][s.SourcePartition] {
			if err := readSpans(ctx, r.client, []span{{topic, s.SourcePartition, at, at + 1}}, func(rec *kgo.Record) error {
				r.found.events = append(r.found.events, storyEvent{sourceID{topic, rec.Partition}, rec.Offset, schemas.InstantOfMillis(rec.Timestamp.UnixMilli())})
				return nil
			}); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *storyReader) labelReader() (*labelReader, error) {
	if r.cfg.Labels.Topic == "" {
		return nil, nil
	}
	return newLabelReader(r.cfg, r.lookup)
}

// readLabels reads the labels that are joined where they lie, and those of
// other partitions that nobody has forwarded yet.
func (r *storyReader) readLabels(ctx context.Context) error {
	f, topic := &r.found, r.cfg.Labels.Topic
	reader, err := r.labelReader()
	if reader == nil || err != nil {
		return err
	}
	inPlace := len(r.ends[topic]) == len(r.ends[r.cfg.Topics.Scores])
	var spans []span
	for p := range r.ends[topic] {
		from := f.read[sourceID{topic, p}]
		if inPlace && p == f.partition {
			from = 0
		}
		spans = append(spans, r.span(topic, p, from))
	}
	return readSpans(ctx, r.client, spans, func(rec *kgo.Record) error {
		var l labels.Label
		fault, err := reader.readLabel(ctx, rec.Value, rec.Timestamp.UnixMilli(), &l)
		if fault != nil || err != nil || l.EventID != f.id {
			return err // a dead letter has a story of its own
		}
		l.Topic, l.Partition, l.Offset, l.Rerouted, l.Arrival = topic, rec.Partition, rec.Offset, -1, reader.labelStamp(rec, &l)
		f.labels = append(f.labels, storyLabel{l, schemas.InstantOfMillis(rec.Timestamp.UnixMilli())})
		return nil
	})
}

// deadLetter is a record that was set aside, as its headers tell.
type deadLetter struct {
	class, message, stage string
	from                  sourceID
	offset                int64
	stamp                 schemas.Instant // of the record
	written               schemas.Instant // of the dead letter
	place                 sourceID
	at                    int64
}

func readDeadLetter(rec *kgo.Record) deadLetter {
	told := map[string]string{}
	for _, h := range rec.Headers {
		if name, ok := strings.CutPrefix(h.Key, "hindsight.error."); ok {
			told[name] = string(h.Value)
		}
	}
	number := func(name string) int64 {
		n, err := strconv.ParseInt(told[name], 10, 64)
		if err != nil {
			return -1
		}
		return n
	}
	return deadLetter{
		class: told["class"], message: told["message"], stage: told["stage"], from: sourceID{told["topic"], int32(number("partition"))}, offset: number("offset"),
		stamp: schemas.InstantOfMillis(number("timestamp")), written: schemas.InstantOfMillis(rec.Timestamp.UnixMilli()),
		place: sourceID{rec.Topic, rec.Partition}, at: rec.Offset,
	}
}

// readDeadLetters finds those whose key is the id, or whose value still tells it.
func (r *storyReader) readDeadLetters(ctx context.Context) error {
	ids, err := newIDReader(r.cfg, r.lookup)
	if err != nil {
		return err
	}
	topic := r.cfg.Topics.DeadLetters
	var spans []span
	for p := range r.ends[topic] {
		spans = append(spans, r.span(topic, p, 0))
	}
	return readSpans(ctx, r.client, spans, func(rec *kgo.Record) error {
		letter := readDeadLetter(rec)
		if string(rec.Key) == r.found.id || ids.of(ctx, letter.from.topic, rec.Value) == r.found.id {
			r.found.letters = append(r.found.letters, letter)
		}
		return nil
	})
}

// idReader reads nothing but the id of events and labels.
type idReader struct {
	readers map[string]*schemas.Reader
	row     *schemas.Row
}

func newIDReader(cfg *config.Config, lookup schemaLookup) (*idReader, error) {
	ids := &idReader{readers: map[string]*schemas.Reader{}}
	for _, in := range []struct{ topic, wire, schema, id string }{
		{cfg.Topics.Scores, cfg.Scores.Wire, cfg.Scores.Schema, cfg.Scores.ID}, // without an id they are ours
		{cfg.Events.Topic, cfg.Events.Wire, cfg.Events.Schema, cfg.Events.ID},
		{cfg.Labels.Topic, cfg.Labels.Wire, cfg.Labels.Schema, cfg.Labels.ID},
	} {
		if in.topic == "" || in.id == "" {
			continue
		}
		fields := []schemas.Field{{Path: in.id, Type: schemas.Text, Optional: true}}
		reader, err := newReader(in.wire, in.schema, lookup, fields)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", in.topic, err)
		}
		ids.readers[in.topic], ids.row = reader, schemas.NewRow(fields)
	}
	return ids, nil
}

// of returns the id in a record of a topic, "" where there is none to be read.
func (x *idReader) of(ctx context.Context, topic string, value []byte) string {
	reader := x.readers[topic]
	if reader == nil || reader.Read(ctx, value, x.row) != nil {
		return ""
	}
	return string(x.row.Texts[0])
}
