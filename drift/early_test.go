package drift

import (
	"compress/gzip"
	"encoding/csv"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"hindsight/schemas"
)

// dated is one prediction and its truth.
type dated struct {
	at          schemas.Instant
	truth, said bool
}

// early is how far two figures of windows of one age are from the truth, in
// points of accuracy: the mean distance, and the mean of what they are off by.
type early struct {
	age                     int // days since the window ended
	windows, immature       int
	plain, weighted         float64
	plainBias, weightedBias float64
	labelled, outside       float64 // coverage; how often the truth lies outside of the weighted interval
}

// How late labels come in these trials: exponentially, the true class slower.
const (
	quickMean = 36 * time.Hour
	slowMean  = 6 * aDay
	giveUp    = 30 * aDay // no label comes later
	fortnight = 14 * aDay
)

// playEarly plays predictions through a watcher, a tick a day, with labels that
// come later where the truth is slow, and compares what windows of a fortnight
// say at every age with the truth about all of their events.
func playEarly(t *testing.T, events []dated, slow bool) []early {
	t.Helper()
	w := mustWatch(t, Config{
		Model: "m", Tick: aDay, Horizon: giveUp, Publish: aDay,
		Windows: []WindowSpec{{Name: "fortnight", Size: fortnight, Slide: aDay, Clock: schemas.EventClock}},
		Metrics: []string{"accuracy", "accuracy_weighted"},
	})
	class := map[bool]string{false: "0", true: "1"}
	dice := rand.New(rand.NewPCG(1, 1))
	type place struct{ tick, day schemas.Instant }
	sums := map[place]*schemas.Sums{}
	at := func(known, event schemas.Instant) *schemas.Sums {
		p := place{known.After(aDay), event.Floor(aDay)}
		if sums[p] == nil {
			sums[p] = new(schemas.Sums)
		}
		return sums[p]
	}
	right, all := map[schemas.Instant]float64{}, map[schemas.Instant]float64{}
	for _, e := range events {
		mean := quickMean
		if e.truth == slow {
			mean = slowMean
		}
		delay := time.Duration(dice.ExpFloat64() * float64(mean))
		at(e.at, e.at).Scored++
		if delay <= giveUp {
			o := schemas.Observation{Truth: class[e.truth], Prediction: class[e.said]}
			s := at(e.at.Add(delay), e.at)
			s.Observe(1, o)
			s.Learn(1, o, schemas.DelayBin(delay))
		}
		for start := e.at.Floor(aDay); start > e.at.Floor(aDay).Add(-fortnight); start = start.Add(-aDay) {
			all[start]++
			if e.truth == e.said {
				right[start]++
			}
		}
	}
	first, last := events[0].at.Ceil(aDay), events[len(events)-1].at.Floor(aDay)
	out := &collector{}
	for tick, offset := events[0].at.Floor(aDay), int64(0); tick <= last.Add(giveUp+aDay); tick, offset = tick.Add(aDay), offset+1 {
		s := &schemas.Slice{Model: "m", Partitions: 1, Tick: tick}
		for day := tick.Add(-giveUp - 2*aDay); day < tick; day = day.Add(aDay) {
			if x := sums[place{tick, day}]; x != nil {
				s.Cells = append(s.Cells, schemas.Cell{Clock: schemas.EventClock, Start: day, Width: aDay, Version: "1", Role: "champion", Sums: *x})
			}
		}
		mustAdd(t, w, s, offset)
		mustJudge(t, w, out)
	}
	ages := make([]early, int(giveUp/aDay))
	for i := range ages {
		ages[i].age = i
	}
	for i := range out.windows {
		w := &out.windows[i]
		if age := int(w.At.Sub(w.End) / aDay); w.Start >= first && w.End <= last && age >= 0 && age < len(ages) {
			ages[age].add(w, right[w.Start]/all[w.Start])
		}
	}
	for i := range ages {
		ages[i].average()
	}
	return ages
}

func (e *early) add(w *schemas.Window, truth float64) {
	plain, weighted := w.Metrics[0], w.Metrics[1]
	if weighted.Undefined != "" {
		if weighted.Undefined == "immature" {
			e.immature++
		}
		return
	}
	e.windows++
	e.plain += math.Abs(plain.Value - truth)
	e.weighted += math.Abs(weighted.Value - truth)
	e.plainBias += plain.Value - truth
	e.weightedBias += weighted.Value - truth
	e.labelled += w.Coverage
	if truth < weighted.Low || truth > weighted.High {
		e.outside++
	}
}

func (e *early) average() {
	for _, x := range []*float64{&e.plain, &e.weighted, &e.plainBias, &e.weightedBias, &e.labelled, &e.outside} {
		*x *= 1 / float64(max(e.windows, 1))
	}
}

// carLoans reads the loans of the demo: what was true of them, and who would
// have got one where a chance of 20 % suffices. Such a lender errs on one side,
// as most that pay for errors unequally do: 12 % of the loans that default are
// let through, later 27 %, and 3 % of those that are repaid are refused.
func carLoans(t *testing.T) []dated {
	t.Helper()
	file, err := os.Open("../app/demo/data/car_loan.csv.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	plain, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	rows := csv.NewReader(plain)
	var loans []dated
	for n := 0; ; n++ {
		row, err := rows.Read()
		if err == io.EOF {
			return loans
		}
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			continue
		}
		at, err := time.Parse("2006-01-02 15:04:05.999", row[1])
		if err != nil {
			t.Fatal(err)
		}
		chance, err := strconv.ParseFloat(row[10], 64)
		if err != nil {
			t.Fatal(err)
		}
		loans = append(loans, dated{schemas.InstantOf(at), row[9] == "1.0", chance >= 0.2})
	}
}

// Loans that default are known later. At every age the weighted accuracy is
// nearer what all labels say than the accuracy of those that are in.
func TestEarlyLabelsOfCarLoans(t *testing.T) {
	ages := playEarly(t, carLoans(t), false)
	for _, e := range ages {
		t.Logf("%+v", e)
		if e.windows < 70 || e.age < 20 && e.windows < 500 { // of old windows few change any more
			t.Errorf("age %d d: %d windows, and %d that were too young", e.age, e.windows, e.immature)
		}
		if e.weighted >= e.plain {
			t.Errorf("age %d d: weighted is off by %.4f, plain by %.4f", e.age, e.weighted, e.plain)
		}
	}
	if early := ages[0]; early.plain < 0.01 || early.weighted > early.plain/2 {
		t.Errorf("at the end of the window: weighted is off by %.4f, plain by %.4f", early.weighted, early.plain)
	}
}
