package main

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"time"
)

// plan is everything about a round that its seed decides: the shape of the
// topics, the rules of the join, who runs what, and the faults.
type plan struct {
	round      uint64
	kind       string
	delivery   string
	events     int
	eventParts int32
	labelParts int32

	partitioner string // of the scores
	placeEvents string // how the producers of events and of labels choose partitions
	placeLabels string

	rules  rules
	layout [][]string // stages of each process; nil is all of them
	static bool       // members of the group have names
	steps  []step
	hushes []hush
	feed   time.Duration // least wall time for which the producers go on
}

// rules are the settings that decide outcomes; times in microseconds.
type rules struct {
	tick, horizon, grace, early int64
	missing, policy             string
	eventsClock, labelsClock    string
}

// kinds are what rounds aim at. In a mixed one every fault may come.
var kinds = map[string][]string{
	"mixed":   {"kill", "kill", "lost-disk", "terminate", "pause", "storm", "broker-kill", "broker-pause", "cut", "black-hole", "hole-up", "hole-down", "latency", "bandwidth"},
	"workers": {"kill", "kill", "kill", "lost-disk", "terminate", "pause"},
	"broker":  {"broker-kill", "broker-kill", "broker-pause", "kill"},
	"network": {"cut", "black-hole", "hole-up", "hole-down", "latency", "bandwidth", "kill"},
	"storm":   {"storm", "storm", "terminate", "kill"},
	"quiet":   {},
	"idle":    {"rebalance-idle"},                       // takes no turn: its world is an odd one
	"haste":   {"broker-haste", "broker-haste", "kill"}, // takes no turn: the broker itself breaks its promises
}

// kindOf cycles through the kinds, so that a short run meets all of them.
func kindOf(round uint64) string {
	return []string{"mixed", "workers", "network", "broker", "storm", "mixed"}[round%6]
}

const hour = int64(time.Hour / time.Microsecond)

// span is how much stream time the events of a round cover.
const span = 36 * hour

func newPlan(seed, round uint64, kind string, events int) *plan {
	random := rand.New(rand.NewPCG(seed, round))
	if kind == "" {
		kind = kindOf(round)
	}
	p := &plan{
		round: round, kind: kind, delivery: "exactly-once", events: events,
		eventParts: 2 + random.Int32N(4), partitioner: pick(random, "murmur2", "murmur2", "crc32", "fnv1a"),
		placeEvents: pick(random, "murmur2", "spread"), static: random.IntN(3) == 0, feed: 10 * time.Second,
		rules: rules{
			tick: hour / 6, horizon: 4 * hour, grace: hour, early: (4 + random.Int64N(3)) * hour,
			missing: pick(random, "", "", "0"), policy: pick(random, "latest", "latest", "first", "majority"),
			eventsClock: pick(random, "event_time", "event_time", "record"), labelsClock: pick(random, "record", "record", "label_time"),
		},
	}
	p.labelParts, p.placeLabels = p.eventParts, p.partitioner
	if random.IntN(2) == 0 { // labels that must be forwarded
		p.labelParts = 1 + random.Int32N(5)
		p.placeLabels = pick(random, "murmur2", "crc32", "spread")
	}
	all := []string{"score", "join", "watch"}
	switch random.IntN(4) {
	case 0:
		p.layout = [][]string{{"score"}, {"join", "watch"}, {"score", "join"}}
	case 1:
		p.layout = [][]string{all, {"join"}, {"watch", "score"}}
	default:
		p.layout = [][]string{all, all, all}[:2+random.IntN(2)]
	}
	if kind == "idle" {
		p.hush(random)
	} else if faults := kinds[kind]; len(faults) > 0 {
		for n := 5 + random.IntN(4); len(p.steps) < n; {
			p.steps = append(p.steps, newStep(random, pick(random, faults...), len(p.layout)))
		}
		slices.SortStableFunc(p.steps, func(a, b step) int { return cmp.Compare(a.after, b.after) })
	}
	return p
}

// step is one fault: when, at whom, and for how long.
type step struct {
	fault  string
	after  float64 // share of the events that are published by then
	target int     // process
	hold   time.Duration
	rest   time.Duration // before what was killed comes back
	lossy  bool          // the identity is lost with the disk
}

func newStep(random *rand.Rand, fault string, processes int) step {
	s := step{fault: fault, after: 0.9 * random.Float64(), target: random.IntN(processes), lossy: random.IntN(8) == 0}
	s.hold = time.Duration(200+random.IntN(2500)) * time.Millisecond
	s.rest = time.Duration(random.IntN(1500)) * time.Millisecond
	if fault == "pause" && random.IntN(2) == 0 {
		s.hold += sessionTimeout + sessionTimeout/2 // thrown out of its group meanwhile
	}
	return s
}

func pick[T any](random *rand.Rand, of ...T) T { return of[random.IntN(len(of))] }
