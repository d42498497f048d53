package app

import (
	"cmp"
	"context"
	"slices"

	"hindsight/schemas"
)

// Samples name some records of each bucket of the ledger, the latest first.
type Samples struct {
	Events map[string][]Sample `json:"events"`
	Scores map[string][]Sample `json:"scores"`
	Labels map[string][]Sample `json:"labels"`
	// Searched is how many records were looked at, from the newest on; Whole is
	// false where the limit came before every bucket had its samples.
	Searched int64 `json:"searched"`
	Whole    bool  `json:"whole"`
}

// Sample is one record of a bucket: a score, a label, or what is a dead letter.
type Sample struct {
	ID        string `json:"id"` // "" where it could not be read
	At        string `json:"at"` // stream time of the decision, else the record's own
	Topic     string `json:"topic"`
	Partition int32  `json:"partition"`
	Offset    int64  `json:"offset"`
	Why       string `json:"why,omitempty"` // of a dead letter

	at schemas.Instant
}

// deadLetterBucket is the bucket of events and labels that were set aside.
const deadLetterBucket = "dead_letter"

// Samples finds up to n records of each bucket that l counts, in the topics
// alone. It reads each topic backwards and stops once every bucket is full, or
// after limit records of it.
func (q *Inquiry) Samples(ctx context.Context, l *Ledger, n int, limit int64) (*Samples, error) {
	r, err := q.newBackReader(ctx, limit)
	if err != nil {
		return nil, err
	}
	scored := q.Config.Events.Topic
	if q.Config.Scores.Foreign() {
		scored = q.Config.Topics.Scores
	}
	s := newSampler(n, scored, l)
	if err := s.read(ctx, r, q.Config); err != nil {
		return nil, err
	}
	out := &Samples{Events: s.take(s.events), Scores: s.take(s.scores), Labels: s.take(s.labels), Searched: r.searched, Whole: !r.cut}
	return out, nil
}

// sampler sorts records into buckets; it is given them newest first.
type sampler struct {
	n                      int
	eventsTopic            string
	want                   *Ledger
	events, scores, labels map[string][]Sample
	decided                map[sourceID]map[int64]bool // scores and labels whose outcome or fate was seen
	reach                  map[int32]schemas.Instant   // outcomes of ticks from here on were seen, by partition
}

func newSampler(n int, eventsTopic string, want *Ledger) *sampler {
	return &sampler{
		n: n, eventsTopic: eventsTopic, want: want, events: map[string][]Sample{}, scores: map[string][]Sample{}, labels: map[string][]Sample{},
		decided: map[sourceID]map[int64]bool{}, reach: map[int32]schemas.Instant{},
	}
}

// mark notes that a record is decided, and reports whether that is new.
func (s *sampler) mark(id sourceID, offset int64) bool {
	if s.decided[id] == nil {
		s.decided[id] = map[int64]bool{}
	}
	was := s.decided[id][offset]
	s.decided[id][offset] = true
	return !was
}

func (s *sampler) put(to map[string][]Sample, bucket string, x Sample) {
	x.At = x.at.String()
	if to[bucket] = append(to[bucket], x); len(to[bucket]) >= 2*s.n+mostUnsorted {
		to[bucket] = s.latest(to[bucket])
	}
}

// mostUnsorted is by how many a bucket may grow until it is cut down.
const mostUnsorted = 1000

// full reports whether every bucket has as many as it should.
func (s *sampler) full(have map[string][]Sample, want map[string]int64, but ...string) bool {
	for bucket, n := range want {
		if !slices.Contains(but, bucket) && int64(len(have[bucket])) < min(n, int64(s.n)) {
			return false
		}
	}
	return true
}

// take cuts every bucket down to its latest.
func (s *sampler) take(from map[string][]Sample) map[string][]Sample {
	for bucket, all := range from {
		from[bucket] = s.latest(all)
	}
	return from
}

// latest sorts all and returns the first n: those of one instant by their place.
func (s *sampler) latest(all []Sample) []Sample {
	slices.SortFunc(all, func(a, b Sample) int {
		return cmp.Or(cmp.Compare(b.at, a.at), cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Partition, b.Partition), cmp.Compare(b.Offset, a.Offset))
	})
	return all[:min(len(all), s.n)]
}

// outcome takes one outcome of a partition of scores.
func (s *sampler) outcome(scores string, partition int32, o *schemas.Outcome) {
	s.reach[partition] = o.Tick
	if o.Kind != schemas.NoKind && s.mark(sourceID{scores, partition}, o.ScoreOffset) {
		s.put(s.scores, o.Kind.String(), Sample{ID: o.EventID, at: o.Tick, Topic: scores, Partition: partition, Offset: o.ScoreOffset})
	}
	if o.Fate != schemas.NoFate && s.mark(sourceID{o.LabelTopic, o.LabelPartition}, o.LabelOffset) {
		s.put(s.labels, o.Fate.String(), Sample{ID: o.EventID, at: o.Tick, Topic: o.LabelTopic, Partition: o.LabelPartition, Offset: o.LabelOffset})
	}
}

// score takes one score that JOIN has read: it is pending where no outcome can
// have been missed.
func (s *sampler) score(from sourceID, offset int64, id string, arrival schemas.Instant) {
	if reach, ok := s.reach[from.partition]; ok && reach <= arrival && !s.decided[from][offset] {
		s.put(s.scores, "pending", Sample{ID: id, at: arrival, Topic: from.topic, Partition: from.partition, Offset: offset})
	}
}

// label takes one label that JOIN has read, and the partition of its score.
func (s *sampler) label(from sourceID, offset int64, id string, arrival schemas.Instant, partition int32) {
	if reach, ok := s.reach[partition]; ok && reach <= arrival && !s.decided[from][offset] {
		s.put(s.labels, "waiting", Sample{ID: id, at: arrival, Topic: from.topic, Partition: from.partition, Offset: offset})
	}
}

// deadLetter takes one, with the id that its value still tells.
func (s *sampler) deadLetter(d *deadLetter, id string) {
	to := s.labels
	if d.from.topic == s.eventsTopic {
		to = s.events
	} else {
		s.mark(d.from, d.offset)
	}
	s.put(to, deadLetterBucket, Sample{ID: id, at: d.stamp, Topic: d.from.topic, Partition: d.from.partition, Offset: d.offset, Why: d.class})
}
