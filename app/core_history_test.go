package app

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"hindsight/app/config"
	"hindsight/schemas"
)

// coreCase is what befalls the core: inputs, settings, and how wild the
// schedule is. The schedule itself comes from Seed, or from Steps while they last.
type coreCase struct {
	Seed      uint64
	Steps     []byte
	Events    int32
	Labels    int32 // partitions of labels; Scores of them are joined in place
	Scores    int32
	ByRecord  bool // clocks run by the records' stamps
	Assumed   bool
	Conflicts []string // policy of each configuration
	Horizons  []int    // minutes, of each configuration
	OfSide    []int    // minutes, the horizon of the segment side=x; negative: as the others
	Idle      bool     // sources that are quiet are lifted, else they hold time
	Stalls    bool     // whole sources come at the very end only
	Calm      bool     // no crash, no abort, no handover
	Jumps     bool     // the wall clock of the machine steps to and fro
	Inputs    []coreInput
}

// coreInput is one record of the user's.
type coreInput struct {
	Label     bool
	Partition int32
	At        int // seconds after the epoch: when it is produced
	Time      int // seconds: event or label time
	Stamp     int // seconds: the record's
	ID        string
	Class     int     // event: what is predicted, label: what is true
	Weight    float64 // 0: 1
	Bad       coreBad
}

// coreBad is what is wrong with an input.
type coreBad uint8

const (
	sound    coreBad = iota
	garbage          // bytes that are no record
	future           // a stamp of the year 2106
	micros           // milliseconds written where microseconds are meant, the other way round
	ancient          // 1970
	absurd           // 290,000 years ago
	crashing         // a label, joined in place, that the join panics on
	heavy            // a weight that is none
)

// crashMark begins the ids that the join panics on.
const crashMark = "crash"

// crashID returns such an id that belongs on a partition.
func crashID(partition, partitions int32) string {
	for i := 0; ; i++ {
		if id := fmt.Sprint(crashMark, i); corePlace(id, partitions) == partition {
			return id
		}
	}
}

var coreEpoch = schemas.InstantOf(time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC))

const (
	coreTick = time.Minute
	coreSkew = 10 * time.Minute
)

func seconds(n int) schemas.Instant { return coreEpoch.Add(time.Duration(n) * time.Second) }

// newCoreCase draws n inputs about few ids, so that much happens to each.
func newCoreCase(d *dice, seed uint64, n int) *coreCase {
	c := &coreCase{
		Seed: seed, Events: int32(1 + d.n(2)), Scores: int32(1 + d.n(2)),
		ByRecord: d.one(3), Assumed: d.one(3), Idle: d.one(3), Stalls: d.one(4), Calm: d.one(6),
	}
	c.Labels = c.Scores
	if d.one(4) {
		c.Labels = int32(1 + d.n(3))
	}
	c.Jumps = !c.Idle && d.one(4)
	for range 1 + d.n(2) {
		c.Conflicts = append(c.Conflicts, []string{config.Latest, config.First, config.Majority}[d.n(3)])
		c.Horizons = append(c.Horizons, []int{0, 4, 8}[d.n(3)])
		c.OfSide = append(c.OfSide, []int{-1, -1, 0, 6, 9}[d.n(5)])
	}
	lag := make([]int, c.Events+c.Labels)
	for i := range lag {
		lag[i] = d.n(150)
	}
	ids := 1 + d.n(6)
	for now := 0; len(c.Inputs) < n; {
		if now += d.n(40); d.one(12) {
			now += d.n(500)
		}
		c.Inputs = append(c.Inputs, drawInput(d, c, lag, ids, now))
	}
	return c
}

func drawInput(d *dice, c *coreCase, lag []int, ids, now int) coreInput {
	x := coreInput{Label: d.one(2), At: now, ID: string(rune('a' + d.n(ids))), Class: d.n(2)}
	source := 0
	if x.Label {
		x.Partition = int32(d.n(int(c.Labels)))
		source = int(c.Events + x.Partition)
		if c.Labels == c.Scores && d.n(4) > 0 { // where its event is
			x.Partition = corePlace(x.ID, c.Scores)
		}
		if d.one(8) {
			x.Class = 2
		}
	} else {
		x.Partition = int32(d.n(int(c.Events)))
		source = int(x.Partition)
	}
	x.Stamp = now - d.n(20)
	x.Time = now - lag[source] - d.n(90)
	if d.one(3) { // equal stamps
		x.Time, x.Stamp = x.Time/60*60, x.Stamp/60*60
	}
	if d.one(20) {
		x.Bad = coreBad(1 + d.n(7))
	}
	switch {
	case x.Bad != crashing:
	case x.Label && c.Labels == c.Scores:
		x.ID = crashID(x.Partition, c.Scores)
	default:
		x.Bad = garbage
	}
	if d.one(3) {
		x.Weight = []float64{0.25, 3, 1 + 1./3, 1_000}[d.n(4)]
	}
	return x
}

func (x *coreInput) weight() float64 { return cmp.Or(x.Weight, 1) }

// instants returns the input's own time and the record's stamp.
func (x *coreInput) instants() (own, stamp schemas.Instant) {
	own, stamp = seconds(x.Time), seconds(x.Stamp)
	switch x.Bad {
	case future:
		own = schemas.InstantOf(time.Date(2106, 2, 7, 6, 28, 15, 0, time.UTC))
		stamp = own
	case micros:
		own = own * 1000
		stamp = own
	case absurd:
		own = schemas.Beginning + 5_000_000
		stamp = own
	case ancient:
		own = schemas.Instant(x.Time) * 1_000_000
		stamp = own
	}
	return own, stamp
}

const coreLabelSchema = `{"type":"record","name":"L","fields":[{"name":"id","type":"string"},{"name":"truth","type":"string"},
	{"name":"time","type":{"type":"long","logicalType":"timestamp-micros"}},{"name":"weight","type":"double"}]}`

// record encodes a label as its user would. Events need no encoding: SCORE is simulated.
func (x *coreInput) record() *kgo.Record {
	own, stamp := x.instants()
	r := &kgo.Record{Topic: "events", Partition: x.Partition, Timestamp: time.UnixMilli(int64(stamp) / 1000)}
	if !x.Label {
		return r
	}
	r.Topic = "labels"
	if r.Value = []byte{0xff}; x.Bad != garbage {
		text := func(dst []byte, s string) []byte { return append(binary.AppendVarint(dst, int64(len(s))), s...) }
		weight := x.weight()
		if x.Bad == heavy {
			weight = []float64{math.NaN(), math.Inf(1), -1, 0, 1e9}[x.At%5]
		}
		r.Value = binary.AppendVarint(text(text(nil, x.ID), fmt.Sprint(x.Class)), int64(own))
		r.Value = binary.LittleEndian.AppendUint64(r.Value, math.Float64bits(weight))
	}
	return r
}

// config is the n-th configuration of the program.
func (c *coreCase) config(n int) *config.Config {
	n %= len(c.Horizons)
	below, clear, few, high := 0.55, 0.6, 0.7, 0.2
	cfg := &config.Config{
		Events: config.Events{Topic: "events", Clock: config.EventTimeClock, MaxSkew: coreSkew, Segments: []string{"side"}},
		Labels: config.Labels{
			Topic: "labels", ID: "id", Value: "truth", Time: "time", Weight: "weight", Clock: config.LabelTimeClock,
			Horizon: time.Duration(c.Horizons[n]) * time.Minute, Grace: 3 * time.Minute, Early: 5 * time.Minute,
			Conflict: c.Conflicts[n], Missing: config.Missing{Assumed: c.Assumed, Class: "0"}, IdleAfter: 100 * time.Hour,
		},
		Topics: config.Topics{Scores: "scores", Outcomes: "outcomes", LabelsRerouted: "labels-rerouted", Slices: "slices",
			WatchState: "watch-state", Windows: "windows", Alarms: "alarms", DeadLetters: "dead-letters"},
		Model: config.Model{Champion: "m@1"},
		Watch: config.Watch{
			Slice: coreTick, Tick: coreTick,
			Windows: []config.Window{
				{Name: "four", Size: 4 * time.Minute, Clock: config.EventClock},
				{Name: "six", Size: 6 * time.Minute, Slide: 3 * time.Minute, Clock: config.LabelClock},
			},
			Metrics: []string{"accuracy", "log_loss"},
			Alarms: []config.Alarm{
				{Name: "low", Metric: "accuracy", Window: "four", Below: &below, Clear: &clear, MinLabels: 1, MinCoverage: 0.3, Confidence: 0.05, Segments: []string{"side"}},
				{Name: "held", Metric: "accuracy", Window: "six", Below: &below, MinLabels: 2, Confidence: 0.1, Hold: 150 * time.Second},
				{Name: "few", Feed: config.FeedCoverage, Window: "four", Below: &few, MinScores: 1, Confidence: 0.05, After: 2 * time.Minute, Segments: []string{"side"}},
				{Name: "quiet", Feed: config.FeedSilent, For: 2 * time.Minute, Hold: time.Minute, Segments: []string{"side"}},
				{Name: "slow", Feed: config.FeedSlow, Window: "four", Below: &few, MinLabels: 1, Confidence: 0.05},
				{Name: "strays", Feed: config.FeedOrphans, Window: "six", Above: &high, MinLabels: 1, Confidence: 0.05, After: time.Minute},
				{Name: "quarrels", Feed: config.FeedConflicts, Window: "six", Above: &high, MinLabels: 2, Confidence: 0.1, Hold: time.Minute},
			},
		},
	}
	if n < len(c.OfSide) && c.OfSide[n] >= 0 {
		cfg.Labels.Horizons = []config.SegmentHorizon{{Segment: map[string]string{"side": "x"}, Horizon: time.Duration(c.OfSide[n]) * time.Minute}}
	}
	if c.ByRecord {
		cfg.Events.Clock, cfg.Labels.Clock = config.RecordClock, config.RecordClock
	}
	if c.Idle {
		cfg.Labels.IdleAfter = 90 * time.Second
	}
	return cfg
}

// String is enough to see what happens, and to replay it.
func (c *coreCase) String() string {
	var b strings.Builder
	head := *c
	head.Inputs = nil
	fmt.Fprintf(&b, "%+v, %d inputs\n", head, len(c.Inputs))
	for _, x := range c.Inputs {
		fmt.Fprintf(&b, "\t%+v,\n", x)
	}
	return b.String()
}
