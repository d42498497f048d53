package main

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// event is one record of the events topic. Times are Unix milliseconds, as in the schema.
type event struct {
	id        string
	time      int64
	stamp     int64 // of the record
	region    string
	x         [4]float64
	bad       bool // must become a dead letter
	value     []byte
	partition int32
}

// label is one record of the labels topic.
type label struct {
	id, text  string
	time      int64
	stamp     int64
	bad       bool
	value     []byte
	partition int32
}

// item is a record in the order in which the producers send them.
type item struct {
	at    int64 // stream time, milliseconds
	event *event
	label *label
}

// The linear model that the bundle of every round holds.
var weights = [4]float64{3, -2, 1, 0}

const intercept = 0.125

// probability is what the model must say of an event.
func (e *event) probability() float64 {
	z := intercept
	for i, w := range weights {
		z += w * e.x[i]
	}
	return 1 / (1 + math.Exp(-z))
}

func (e *event) prediction() string {
	if e.probability() >= 0.5 {
		return "1"
	}
	return "0"
}

// The clocks of some producers stand here.
const (
	farFuture = 4102444800000 // 2100
	farPast   = 86400000      // 2 January 1970
)

var worldStart = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()

// maker invents the records of one round.
type maker struct {
	*plan
	random *rand.Rand
	items  []item
}

// invent returns the records of a round, the same for the same seed. In the
// middle of it the truth turns against the model, so that alarms fire and resolve.
func invent(p *plan, seed uint64) []item {
	m := &maker{plan: p, random: rand.New(rand.NewPCG(seed, p.round^0x5eed))}
	spacing := float64(span/1000) / float64(p.events)
	for i := range p.events {
		at := worldStart + int64(float64(i)*spacing)
		share := float64(i) / float64(p.events)
		m.event(i, at, share > 0.4 && share < 0.55)
	}
	m.items = slices.DeleteFunc(m.items, func(it item) bool { return p.hushed(it) })
	slices.SortStableFunc(m.items, func(a, b item) int { return int(a.at - b.at) })
	return m.items
}

// minutes returns a random time span in milliseconds.
func (m *maker) minutes(from, to int64) int64 { return (from + m.random.Int64N(to-from)) * 60_000 }

func (m *maker) chance(percent float64) bool { return m.random.Float64()*100 < percent }

func (m *maker) event(i int, at int64, turned bool) {
	e := &event{id: fmt.Sprintf("e%d-%d", m.round, i), time: at - m.random.Int64N(120_000), region: pick(m.random, "north", "south", "east")}
	e.stamp = at - m.random.Int64N(20_000)
	for j := range e.x {
		e.x[j] = m.random.NormFloat64()
	}
	truth := m.random.Float64() < 1/(1+math.Exp(-2*math.Log(1/(1/e.probability()-1))))
	if turned && m.chance(60) {
		truth = !truth
	}
	if m.chance(3) { // a straggler
		e.time -= m.minutes(1, 180)
	}
	switch {
	case m.chance(0.2):
		e.time = farPast
	case m.chance(0.2):
		e.time, e.bad = farFuture, true
	case m.chance(0.2):
		e.id, e.bad = "", true
	}
	e.encode()
	switch {
	case m.chance(0.2):
		e.value, e.bad = e.value[:m.random.IntN(len(e.value))], true
	case m.chance(0.1):
		e.value, e.bad = []byte{0xff, 0xff, 0xff}, true
	}
	m.sendEvent(at, e)
	if !e.bad && m.chance(1) { // its producer sends it once more
		again := *e
		m.sendEvent(at+m.random.Int64N(3*3600_000), &again)
	}
	if e.id != "" {
		m.labels(e, at, truth)
	}
	if m.chance(1) {
		m.label(at, fmt.Sprintf("ghost%d-%d", m.round, i), truth)
	}
}

// labels says the truth of an event early, in time, late, never, twice, or wrong at first.
func (m *maker) labels(e *event, at int64, truth bool) {
	early, horizon, grace := m.rules.early/60e6, m.rules.horizon/60e6, m.rules.grace/60e6
	switch where := m.random.Float64(); {
	case where < 0.10:
		return
	case where < 0.16:
		at -= m.minutes(1, early+30)
	case where < 0.82:
		at += m.minutes(0, 60)
	case where < 0.92:
		at += m.minutes(60, horizon)
	case where < 0.96:
		at += m.minutes(horizon, horizon+grace)
	case where < 0.98:
		at += m.minutes(horizon+grace, horizon+grace+120)
	default:
		at += m.minutes(horizon+grace, 3*horizon)
	}
	m.label(at, e.id, truth)
	switch {
	case m.chance(4):
		for range 1 + m.random.IntN(3) {
			m.label(at+m.minutes(0, 90), e.id, truth)
		}
	case m.chance(4):
		m.label(at+m.minutes(0, 120), e.id, !truth)
	case m.chance(1):
		for range 5 {
			m.label(at+m.minutes(0, 40), e.id, m.chance(50))
		}
	}
}

// label sends one label; its text is any of the ways to write its class.
func (m *maker) label(at int64, id string, truth bool) {
	at = max(at, worldStart)
	l := &label{id: id, text: pick(m.random, "0", "0", "0.0", "false"), stamp: at - m.random.Int64N(60_000)}
	if truth {
		l.text = pick(m.random, "1", "1", "1.0", "true")
	}
	l.time = l.stamp - l.stamp%300_000 // often equal
	if m.chance(30) {
		l.time += m.minutes(-20, 20)
	}
	switch {
	case m.chance(0.2):
		l.time, l.stamp, l.bad = farFuture, farFuture, true
	case m.chance(0.2):
		l.id, l.bad = "", true
	}
	l.encode()
	switch {
	case m.chance(0.2):
		l.value, l.bad = l.value[:m.random.IntN(len(l.value))], true
	case m.chance(0.1):
		l.value, l.bad = []byte{0xff, 0xff, 0xff}, true
	}
	l.partition = place(m.placeLabels, id, m.labelParts, m.random)
	m.items = append(m.items, item{at: at, label: l})
}

func (m *maker) sendEvent(at int64, e *event) {
	e.partition = place(m.placeEvents, e.id, m.eventParts, m.random)
	m.items = append(m.items, item{at: at, event: e})
}

// truth is the class that the label's text stands for.
func (l *label) truth() string {
	switch l.text {
	case "1", "1.0", "true":
		return "1"
	}
	return "0"
}

const eventSchema = `{"type": "record", "name": "Reading", "namespace": "torture", "fields": [
  {"name": "event_id", "type": "string"},
  {"name": "event_time", "type": {"type": "long", "logicalType": "timestamp-millis"}},
  {"name": "region", "type": "string"},
  {"name": "x0", "type": "double"}, {"name": "x1", "type": "double"}, {"name": "x2", "type": "double"}, {"name": "x3", "type": "double"}]}
`

const labelSchema = `{"type": "record", "name": "Truth", "namespace": "torture", "fields": [
  {"name": "event_id", "type": "string"},
  {"name": "label", "type": "string"},
  {"name": "label_time", "type": {"type": "long", "logicalType": "timestamp-millis"}}]}
`

func (e *event) encode() {
	e.value = appendText(nil, e.id)
	e.value = binary.AppendVarint(e.value, e.time)
	e.value = appendText(e.value, e.region)
	for _, x := range e.x {
		e.value = binary.LittleEndian.AppendUint64(e.value, math.Float64bits(x))
	}
}

func (l *label) encode() {
	l.value = appendText(nil, l.id)
	l.value = appendText(l.value, l.text)
	l.value = binary.AppendVarint(l.value, l.time)
}

// appendText appends an Avro string; varints of Avro and of encoding/binary are the same zigzag.
func appendText(dst []byte, s string) []byte {
	return append(binary.AppendVarint(dst, int64(len(s))), s...)
}
