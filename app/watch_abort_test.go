package app

import (
	"context"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"hindsight/app/config"
	"hindsight/consumer"
	"hindsight/drift"
	"hindsight/schemas"
)

// TestWatchGoesOnAfterAnAbort takes one transaction back, and then turns before
// the next session has given partitions: they were given up, too, and so on for ever.
func TestWatchGoesOnAfterAnAbort(t *testing.T) {
	framing := schemas.SingleObjectFraming(schemas.SliceRecord)
	slice := schemas.Slice{Model: "m", Tick: 60_000_000, Partitions: 1}
	record := &kgo.Record{Topic: "slices", Value: slice.AppendAvro(framing)}
	fetches := kgo.Fetches{{Topics: []kgo.FetchTopic{{Topic: "slices", Partitions: []kgo.FetchPartition{{Records: []*kgo.Record{record}}}}}}}
	s := &watchStage{
		config: &config.Config{}, drift: drift.Config{Tick: time.Minute, Windows: []drift.WindowSpec{{Name: "hour", Size: time.Hour, Slide: time.Hour}}},
		top: topology{scores: 1}, parts: map[int32]*watchPartition{0: {models: map[string]*drift.Watch{}}},
	}
	process := func(f kgo.Fetches) error {
		if err := s.Process(context.Background(), time.Now(), f, &consumer.Output{Commits: map[consumer.Partition]consumer.Commit{}}); err != nil {
			t.Fatal(err)
		}
		return s.Aborted()
	}
	if process(fetches) == nil {
		t.Fatal("an abort left in the sums what was read")
	}
	clear(s.parts)
	if err := process(nil); err != nil {
		t.Errorf("a turn in which nothing was read: %v", err)
	}
}
