package app

import (
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"hindsight/app/config"
	"hindsight/app/demo"
	"hindsight/app/kafka"
	"hindsight/consumer"
	"hindsight/labels"
	"hindsight/schemas"
)

// Poison output: an event whose score no topic takes is set aside, the others
// go on, and it does not move time. S20.
func TestScoreThatIsTooLargeIsSetAside(t *testing.T) {
	stage, records := newTestScore(t, 1000)
	now := schemas.InstantOf(time.Now())
	whole := &source{committed: newSourceCommit(), worker: newScoreWorker(stage)}
	whole.worker.run(t.Context(), now, whole, records)
	largest := 0
	for i := range whole.worker.scores {
		largest = max(largest, consumer.RecordBytes(&whole.worker.scores[i]))
	}
	stage.most = largest - 1
	src := &source{committed: newSourceCommit(), staged: newSourceCommit(), worker: newScoreWorker(stage)}
	var clock schemas.Instant
	for i, r := range records {
		before := src.staged.Clock
		src.worker.run(t.Context(), now, src, records[i:i+1])
		if len(src.worker.dead) == 1 && src.staged.Clock != before {
			t.Errorf("the event at offset %d was set aside and moved the clock", r.Offset)
		}
		clock = max(clock, src.staged.Clock)
	}
	aside := src.staged.DeadLetters
	if aside == 0 || aside == int64(len(records)) || src.staged.Scored+aside != int64(len(records)) {
		t.Errorf("%d scores, %d set aside of %d", src.staged.Scored, aside, len(records))
	}
	t.Logf("%d of %d events set aside", aside, len(records))
}

func TestSizesFollowTheTopics(t *testing.T) {
	topics := config.Topics{Scores: "scores", Outcomes: "outcomes"}
	made := func(scores, outcomes int) sizes {
		return newSizes([]kafka.Status{{Topic: kafka.Topic{Name: "scores"}, HasMessage: scores}, {Topic: kafka.Topic{Name: "outcomes"}, HasMessage: outcomes}})
	}
	for _, tt := range []struct{ scores, outcomes, want int }{
		{1 << 20, 1 << 20, 1<<20 - 3*maxLabelText},
		{100_000, 1 << 20, 100_000},
		{1 << 20, 100_000, 50_000},
		{1 << 30, 1 << 30, largestSize - 3*maxLabelText},
		{0, 0, unknownSize - 3*maxLabelText},
	} {
		if got := made(tt.scores, tt.outcomes).score(topics); got != tt.want {
			t.Errorf("scores of %d and outcomes of %d bytes allow scores of %d, want %d", tt.scores, tt.outcomes, got, tt.want)
		}
	}
}

// A label whose id and truth would make its outcome too large is set aside.
func TestLabelThatIsTooLargeIsSetAside(t *testing.T) {
	cfg, err := config.Parse(demo.Configuration(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	fields := labelFields(cfg.Labels)
	reader, err := schemas.NewReader(schemas.Bare, string(demo.RepaymentSchema()), nil, fields)
	if err != nil {
		t.Fatal(err)
	}
	s := &labelReader{config: cfg, reader: reader, row: schemas.NewRow(fields)}
	for n, class := range map[int]string{10: "", maxLabelText - 5: "", maxLabelText: "too_large", 900_000: "too_large"} {
		value := append(binary.AppendVarint(nil, int64(n)), strings.Repeat("x", n)...)
		value = binary.AppendVarint(append(value, 1), time.Now().UnixMilli())
		var l labels.Label
		fault, err := s.readLabel(t.Context(), value, 0, &l)
		if err != nil || (fault == nil) != (class == "") || fault != nil && fault.Class != class {
			t.Errorf("an id of %d bytes: %+v, %v; want class %q", n, fault, err, class)
		}
	}
}
