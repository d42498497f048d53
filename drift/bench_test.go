package drift

import (
	"math/rand/v2"
	"testing"
	"time"

	"hindsight/drift/alarm"
	"hindsight/schemas"
)

// BenchmarkSlice is one slice record: a minute of 60 outcomes spread over the
// 14 days that labels take, in five segments and the whole, into 30-day windows
// that move by a day.
func BenchmarkSlice(b *testing.B) {
	for _, bench := range []struct {
		name    string
		metrics []string
	}{{"accuracy", []string{"accuracy"}}, {"accuracy, auc, log loss", []string{"accuracy", "auc", "log_loss"}}} {
		b.Run(bench.name, func(b *testing.B) {
			w := mustWatch(b, Config{
				Model: "car-loan", Tick: time.Minute, Horizon: 14 * aDay, Grace: aDay,
				Windows: []WindowSpec{{Name: "month", Size: 30 * aDay, Slide: aDay, Clock: schemas.EventClock}},
				Metrics: bench.metrics,
				Rules: []alarm.Rule{{Name: "low", Metric: bench.metrics[len(bench.metrics)-1], Window: "month",
					Segments: []string{alarm.Everything}, Below: at(0.2), MinLabels: 200, MinCoverage: 0.1, Confidence: 0.95}},
			})
			dice := rand.New(rand.NewPCG(1, 1))
			draws := make([][]schemas.Cell, 64)
			for i := range draws {
				draws[i] = drawMinute(dice)
			}
			cells := 0
			now, offset := onDay(0), int64(0)
			step := func() {
				now = now.Add(time.Minute)
				drawn := draws[offset%64]
				s := &schemas.Slice{Model: "car-loan", Partitions: 1, Tick: now, Cells: make([]schemas.Cell, len(drawn))}
				copy(s.Cells, drawn)
				for i := range s.Cells {
					s.Cells[i].Start = now.Floor(aDay).Add(time.Duration(s.Cells[i].Start))
				}
				cells += len(s.Cells)
				mustAdd(b, w, s, offset)
				mustJudge(b, w, discard{})
				offset++
			}
			for range 20 * 24 * 60 {
				step()
			}
			cells = 0
			b.ReportAllocs()
			for b.Loop() {
				step()
			}
			b.ReportMetric(float64(cells)/float64(b.N), "cells/op")
			b.ReportMetric(float64(w.Live()), "windows")
		})
	}
}

// drawMinute draws cells whose Start is still how long before the day they lie.
func drawMinute(dice *rand.Rand) []schemas.Cell {
	type place struct {
		day     int
		segment string
	}
	sums := map[place]*schemas.Sums{}
	var order []place
	for range 60 {
		day := -min(int(dice.ExpFloat64()*2), 13)
		truth, score := dice.IntN(3) == 0, dice.Float64()
		segment := "region=" + string(rune('a'+dice.IntN(5)))
		for _, at := range []place{{day, ""}, {day, segment}} {
			if sums[at] == nil {
				sums[at] = &schemas.Sums{}
				order = append(order, at)
			}
			sums[at].Scored++
			merge(sums[at], truth, score)
		}
	}
	var cells []schemas.Cell
	for _, at := range order {
		cells = append(cells, schemas.Cell{Clock: schemas.EventClock, Start: schemas.Instant(time.Duration(at.day) * aDay), Width: aDay,
			Version: "1", Role: "champion", Segment: at.segment, Sums: *sums[at]})
	}
	return cells
}
