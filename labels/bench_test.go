package labels

import (
	"fmt"
	"testing"
	"time"

	"hindsight/labels/store"
	"hindsight/schemas"
)

// BenchmarkPair measures what one score and its label cost from arrival to the
// day they are forgotten, with 10,000 pairs in the state at a time.
func BenchmarkPair(b *testing.B) {
	stores := []struct {
		name string
		open func() (store.Store, error)
	}{
		{"memory", func() (store.Store, error) { return store.NewMemory(), nil }},
		{"pebble", func() (store.Store, error) { return store.OpenPebble(b.TempDir(), store.Options{}) }},
	}
	for _, s := range stores {
		b.Run(s.name, func(b *testing.B) {
			s, err := s.open()
			if err != nil {
				b.Fatal(err)
			}
			benchmarkPairs(b, s)
			if err := s.Close(); err != nil {
				b.Fatal(err)
			}
		})
	}
}

func benchmarkPairs(b *testing.B, s store.Store) {
	j, err := Open(0, 1, s, Config{EventsTopic: "events", EventWidth: time.Minute, LabelWidth: time.Minute})
	if err != nil {
		b.Fatal(err)
	}
	settings := Settings{From: schemas.Beginning, Tick: time.Minute, Horizon: 10 * time.Minute, Early: 10 * time.Minute, Conflict: Latest}
	if err := j.AddSettings(nil, settings, 0); err != nil {
		b.Fatal(err)
	}
	const perMinute = 500 // 20 minutes in the state
	score := schemas.Score{Model: "m", Version: "1", Value: 0.25, Prediction: "0", Positive: "1", Segments: []schemas.Segment{{Field: "f", Value: "x"}}}
	label := Label{Truth: "1", Topic: "labels", Rerouted: -1}
	var batch store.Batch
	b.ReportAllocs()
	for i := int64(0); b.Loop(); i++ {
		if batch == nil {
			batch = s.Begin()
		}
		now := schemas.Instant(i) * minute / perMinute
		score.EventID = fmt.Sprintf("event-%09d", i)
		score.EventTime, score.Arrival, score.SourceOffset = now, now, i
		label.EventID, label.LabelTime, label.Arrival, label.Offset = score.EventID, now, now, i
		if err := j.AddScore(batch, &score, i); err != nil {
			b.Fatal(err)
		}
		if err := j.AddLabel(batch, &label); err != nil {
			b.Fatal(err)
		}
		if i%perMinute == perMinute-1 {
			if _, err := j.Close(batch, now, silence{}); err != nil {
				b.Fatal(err)
			}
			if err := j.Save(batch); err != nil {
				b.Fatal(err)
			}
			if err := batch.Commit(); err != nil {
				b.Fatal(err)
			}
			batch = nil
		}
	}
	if batch != nil {
		if err := batch.Discard(); err != nil {
			b.Fatal(err)
		}
	}
}
