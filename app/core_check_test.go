package app

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/twmb/franz-go/pkg/kgo"

	"hindsight/app/memory"
	"hindsight/app/rules"
	"hindsight/labels"
	"hindsight/schemas"
)

// coreResult is what a run has published, partition by partition, in order.
type coreResult struct {
	Outcomes map[int32][]schemas.Outcome
	Windows  []schemas.Window
	Alarms   []schemas.Alarm
}

func (w *coreWorld) result() (*coreResult, error) {
	r := &coreResult{Outcomes: map[int32][]schemas.Outcome{}}
	for p := range w.c.Scores {
		log := w.broker.log("outcomes", p)
		if err := log.committed(0, log.end(), func(k *kgo.Record) error {
			var o schemas.Outcome
			err := decodeOwn(k, schemas.OutcomeRecord, o.DecodeAvro)
			r.Outcomes[p] = append(r.Outcomes[p], o)
			return err
		}); err != nil {
			return nil, err
		}
	}
	windows, alarms := w.broker.log("windows", 0), w.broker.log("alarms", 0)
	if err := windows.committed(0, windows.end(), func(k *kgo.Record) error {
		var x schemas.Window
		err := decodeOwn(k, schemas.WindowRecord, x.DecodeAvro)
		r.Windows = append(r.Windows, x)
		return err
	}); err != nil {
		return nil, err
	}
	return r, alarms.committed(0, alarms.end(), func(k *kgo.Record) error {
		var x schemas.Alarm
		err := decodeOwn(k, schemas.AlarmRecord, x.DecodeAvro)
		r.Alarms = append(r.Alarms, x)
		return err
	})
}

// difference is cmp.Diff where there is one; most often there is none.
func difference(want, got any) string {
	if reflect.DeepEqual(want, got) {
		return ""
	}
	return cmp.Diff(want, got, cmpopts.EquateEmpty(), cmp.AllowUnexported(dullCell{}, dullFate{}))
}

// check holds what was published against the references.
func (w *coreWorld) check() (*coreResult, error) {
	got, err := w.result()
	if err != nil {
		return nil, err
	}
	arrivals, err := w.arrivals()
	if err != nil {
		return nil, err
	}
	watch := &dullWatch{config: rules.Watch(w.config), judged: schemas.Forever, deltas: map[schemas.Instant][]dullDelta{}, fates: dullFates{}}
	for p := range w.c.Scores {
		j, err := newDullJoin(w, p, arrivals)
		if err != nil {
			return nil, err
		}
		j.run()
		if err := w.sameOutcomes(j, got.Outcomes[p]); err != nil {
			return nil, err
		}
		joinConfig, err := newJoinConfig(w.config, topology{}, memory.Budget{})
		if err != nil {
			return nil, err
		}
		deltas := j.deltas(map[schemas.Clock]time.Duration{schemas.EventClock: joinConfig.EventWidth, schemas.LabelClock: joinConfig.LabelWidth})
		if err := w.sameSlices(j, deltas); err != nil {
			return nil, err
		}
		fates := j.fates(joinConfig.LabelWidth)
		if err := w.sameFates(j, fates); err != nil {
			return nil, err
		}
		for at, n := range fates {
			watch.fates.add(at, n)
		}
		for tick, cells := range deltas {
			for at, sums := range cells {
				watch.deltas[tick] = append(watch.deltas[tick], dullDelta{at, sums})
			}
		}
		watch.judged = min(watch.judged, j.closed)
	}
	watch.run()
	return got, w.sameJudgements(watch, got)
}

// arrivals computes the clock of each source at each of its records, for those
// that count: the others must have become dead letters.
func (w *coreWorld) arrivals() (map[labels.Position]schemas.Instant, error) {
	all := map[labels.Position]schemas.Instant{}
	for id, inputs := range w.inputs {
		clock, dead := schemas.Beginning, int64(0)
		for offset, x := range inputs {
			own, stamp := x.instants()
			if x.Bad != sound && x.Bad != ancient && (x.Label || x.Bad != heavy) {
				dead++
				continue
			}
			if !w.c.ByRecord {
				stamp = own
			}
			if id.topic == "labels" && w.c.ByRecord {
				stamp = schemas.InstantOfMillis(int64(stamp) / 1000)
			}
			clock = max(clock, stamp)
			all[labels.Position{Topic: id.topic, Partition: id.partition, Offset: int64(offset)}] = clock
		}
		var meta sourceCommit
		if err := decodeCommit(id.topic, id.partition, w.broker.commits[id].metadata, &meta); err != nil {
			return nil, err
		}
		if meta.Read != int64(len(inputs)) || meta.DeadLetters != dead || meta.Clock != clock && clock != schemas.Beginning {
			return nil, fmt.Errorf("%v: the commit says %+v, it holds %d records, %d of them unfit, clock %v", id, meta, len(inputs), dead, clock)
		}
	}
	return all, nil
}

func (w *coreWorld) sameOutcomes(j *dullJoin, published []schemas.Outcome) error {
	got := map[string][]schemas.Outcome{}
	tick := schemas.Beginning
	for _, o := range published {
		if got[o.EventID] = append(got[o.EventID], o); o.Tick < tick {
			return fmt.Errorf("partition %d: an outcome of tick %v after one of %v", j.partition, o.Tick, tick)
		}
		tick = o.Tick
		w.met.outcomes[o.Kind]++
		w.met.fates[o.Fate]++
	}
	if diff := difference(j.outcomes, got); diff != "" {
		return fmt.Errorf("partition %d: outcomes (-reference +published):\n%s", j.partition, diff)
	}
	return nil
}

// sameSlices compares, tick by tick, what was added to each cell.
func (w *coreWorld) sameSlices(j *dullJoin, want map[schemas.Instant]map[dullCell]*schemas.Sums) error {
	got := map[schemas.Instant]map[dullCell]*schemas.Sums{}
	log, closed := w.broker.log("slices", 0), schemas.Beginning
	if err := log.committed(0, log.end(), func(r *kgo.Record) error {
		var s schemas.Slice
		if err := decodeOwn(r, schemas.SliceRecord, s.DecodeAvro); err != nil || s.Partition != j.partition {
			return err
		}
		if s.Tick < closed || s.Tick == closed && s.Part == 0 {
			return fmt.Errorf("partition %d: a slice of tick %v after %v was closed", j.partition, s.Tick, closed)
		}
		closed = s.Tick
		for i := range s.Cells {
			c := &s.Cells[i]
			if got[s.Tick] == nil {
				got[s.Tick] = map[dullCell]*schemas.Sums{}
			}
			if c.Scored < 0 || slices.ContainsFunc(c.Pairs, func(p schemas.Pair) bool { return p.N < 0 }) {
				w.met.retractions++
			}
			at := dullCell{c.Clock, c.Start, c.Version, c.Segment}
			if got[s.Tick][at] == nil {
				got[s.Tick][at] = &schemas.Sums{}
			}
			got[s.Tick][at].Merge(&c.Sums) // a tick that spans commits has a cell in several parts
			if got[s.Tick][at].IsZero() {
				delete(got[s.Tick], at)
			}
		}
		return nil
	}); err != nil {
		return err
	}
	maps.DeleteFunc(got, func(_ schemas.Instant, cells map[dullCell]*schemas.Sums) bool { return len(cells) == 0 })
	maps.DeleteFunc(want, func(_ schemas.Instant, cells map[dullCell]*schemas.Sums) bool { return len(cells) == 0 })
	if diff := difference(want, got); diff != "" {
		return fmt.Errorf("partition %d: slices (-reference +published):\n%s", j.partition, diff)
	}
	if closed != j.closed {
		return fmt.Errorf("partition %d: slices are closed up to %v, the commit says %v", j.partition, closed, j.closed)
	}
	return nil
}

// sameFates compares, tick by tick, what slices tell of labels.
func (w *coreWorld) sameFates(j *dullJoin, want dullFates) error {
	got := dullFates{}
	log := w.broker.log("slices", 0)
	if err := log.committed(0, log.end(), func(r *kgo.Record) error {
		var s schemas.Slice
		if err := decodeOwn(r, schemas.SliceRecord, s.DecodeAvro); err != nil || s.Partition != j.partition {
			return err
		}
		for _, f := range s.Fates {
			got.add(dullFate{s.Tick, f.Start, f.Fate}, f.N)
		}
		return nil
	}); err != nil {
		return err
	}
	if diff := difference(want, got); diff != "" {
		return fmt.Errorf("partition %d: fates of labels (-reference +published):\n%s", j.partition, diff)
	}
	return nil
}

func (w *coreWorld) sameJudgements(want *dullWatch, got *coreResult) error {
	if diff := difference(want.published, got.Windows); diff != "" {
		return fmt.Errorf("windows (-reference +published):\n%s", diff)
	}
	for _, x := range got.Windows {
		if x.State == schemas.Final {
			w.met.finals++
		}
	}
	alarms := slices.Clone(got.Alarms)
	for i := range alarms {
		w.met.alarms[alarms[i].State]++
		w.met.feed[alarms[i].Name+" "+alarms[i].State.String()]++
		if strings.Contains(alarms[i].Text, "withdrawn") {
			w.met.withdrawn++
		}
		alarms[i].Text = ""
	}
	if diff := difference(want.changes, alarms); diff != "" {
		return fmt.Errorf("alarms (-reference +published):\n%s", diff)
	}
	return nil
}
