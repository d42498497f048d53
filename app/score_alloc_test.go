package app

import (
	"context"
	"math"
	"strconv"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kgo"

	"hindsight/app/config"
	"hindsight/app/demo"
	"hindsight/app/publish"
	"hindsight/app/telemetry"
	"hindsight/schemas"
	"hindsight/scoring"
)

// newTestScore is SCORE for the demo's loans, and n of them as records.
func newTestScore(t testing.TB, n int) (*scoreStage, []*kgo.Record) {
	t.Helper()
	dir := t.TempDir()
	if err := demo.WriteBundle(dir); err != nil {
		t.Fatal(err)
	}
	bundle, _, err := scoring.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Parse(demo.Configuration(), dir)
	if err != nil {
		t.Fatal(err)
	}
	schema, err := publish.ParseSchema(demo.LoanSchema())
	if err != nil {
		t.Fatal(err)
	}
	encoder, err := publish.NewEncoder(schema, schemas.Bare, 0)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := demo.OpenLoans(schema)
	if err != nil {
		t.Fatal(err)
	}
	fields := newEventFields(bundle, cfg.Events)
	reader, err := schemas.NewReader(schemas.Bare, string(demo.LoanSchema()), nil, fields.all)
	if err != nil {
		t.Fatal(err)
	}
	stage, err := newScoreStage(cfg, bundle, func(context.Context, uint32) (string, error) { return "", schemas.ErrUnknownSchema },
		schemas.SingleObjectFraming(schemas.ScoreRecord), topology{events: 4, scores: 4, deadLetters: 4}, telemetry.New(prometheus.NewRegistry()))
	if err != nil {
		t.Fatal(err)
	}
	stage.reader = reader
	var records []*kgo.Record
	for i := range n {
		row, err := rows.Next()
		if err != nil {
			t.Fatal(err)
		}
		value, err := encoder.Append(nil, row.Value)
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, &kgo.Record{Topic: "events", Offset: int64(i), Key: []byte(strconv.Itoa(i)), Value: value})
	}
	return stage, records
}

// TestScoringAllocatesNothingPerRecord covers decode, score and encode: what is
// left is the slab of a poll while it still grows.
func TestScoringAllocatesNothingPerRecord(t *testing.T) {
	stage, records := newTestScore(t, 1000)
	src := &source{committed: newSourceCommit(), worker: newScoreWorker(stage)}
	now := schemas.InstantOf(time.Now())
	allocs := testing.AllocsPerRun(20, func() { src.worker.run(t.Context(), now, src, records) })
	if allocs > 2 {
		t.Errorf("%v allocations for %d records", allocs, len(records))
	}
	if len(src.worker.scores) != len(records) || len(src.worker.dead) != 0 {
		t.Fatalf("%d scores, %d dead letters (%v) of %d records", len(src.worker.scores), len(src.worker.dead), src.worker.classes, len(records))
	}
	var score schemas.Score
	payload, err := schemas.OwnPayload(src.worker.scores[0].Value, schemas.ScoreRecord)
	if err == nil {
		err = score.DecodeAvro(payload)
	}
	if err != nil || score.EventID != "1" || math.IsNaN(score.Value) || score.Segments[0].Value != "40K - 60K €" {
		t.Errorf("the first score reads back as %+v, %v", score, err)
	}
}

func BenchmarkScore(b *testing.B) {
	stage, records := newTestScore(b, 1000)
	src := &source{committed: newSourceCommit(), worker: newScoreWorker(stage)}
	now := schemas.InstantOf(time.Now())
	for b.Loop() {
		src.worker.run(b.Context(), now, src, records)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(records)), "ns/record")
}
