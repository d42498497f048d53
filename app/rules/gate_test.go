package rules

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hindsight/labels"
	"hindsight/schemas"
)

// sourceID names one partition of events or labels.
type sourceID struct {
	topic     string
	partition int32
}

const minute = schemas.Instant(60 * 1_000_000)

func TestDecide(t *testing.T) {
	e0, e1, l0 := sourceID{"events", 0}, sourceID{"events", 1}, sourceID{"labels", 0}
	lift := func(value schemas.Instant, ids ...sourceID) *labels.Lift {
		l := &labels.Lift{Value: value, Offset: -1}
		for _, id := range ids {
			l.Positions = append(l.Positions, labels.Position{Topic: id.topic, Partition: id.partition, Offset: 100})
		}
		return l
	}
	for _, c := range []struct {
		name    string
		sources map[sourceID]Source
		lifted  map[sourceID]schemas.Instant
		closed  schemas.Instant
		carried time.Duration
		arrives schemas.Instant // of the last record that is not applied
		want    Gate
	}{
		{
			name:    "the slowest source holds time",
			sources: map[sourceID]Source{e0: {Clock: 7 * minute}, e1: {Clock: 9 * minute}, l0: {Clock: 5*minute + 1}},
			want:    Gate{At: 5*minute + 1},
		},
		{
			name:    "a source that has shown nothing holds it at the beginning",
			sources: map[sourceID]Source{e0: {Clock: 7 * minute}, e1: {Clock: schemas.Beginning}, l0: {Clock: 5 * minute}},
			want:    Gate{At: schemas.Beginning},
		},
		{
			name:    "an idle source is lifted to the others",
			sources: map[sourceID]Source{e0: {Clock: 7 * minute}, e1: {Clock: 2 * minute, Idle: true}, l0: {Clock: 5 * minute}},
			want:    Gate{At: 5 * minute, Lift: lift(5*minute, e1)},
		},
		{
			name:    "and one that has ended, although it never showed anything",
			sources: map[sourceID]Source{e0: {Clock: 7 * minute}, e1: {Clock: schemas.Beginning, Ended: true}, l0: {Clock: 5 * minute}},
			want:    Gate{At: 5 * minute, Lift: lift(5*minute, e1)},
		},
		{
			name:    "a lift that would close no tick is not logged",
			sources: map[sourceID]Source{e0: {Clock: 5*minute + 9}, e1: {Clock: 2 * minute, Idle: true}, l0: {Clock: 5*minute + 8}},
			closed:  5 * minute,
			want:    Gate{At: 5*minute + 8},
		},
		{
			name:    "a lift in force counts as the clock of its source",
			sources: map[sourceID]Source{e0: {Clock: 7 * minute}, e1: {Clock: 2 * minute, Idle: true}, l0: {Clock: 5 * minute}},
			lifted:  map[sourceID]schemas.Instant{e1: 6 * minute},
			want:    Gate{At: 5 * minute},
		},
		{
			name:    "a lifted source that wakes up holds time at its lift",
			sources: map[sourceID]Source{e0: {Clock: 9 * minute}, e1: {Clock: 2 * minute}, l0: {Clock: 8 * minute}},
			lifted:  map[sourceID]schemas.Instant{e1: 6 * minute},
			want:    Gate{At: 6 * minute},
		},
		{
			name:    "when all idle, the monotonic clock carries time",
			sources: map[sourceID]Source{e0: {Clock: 7 * minute, Idle: true}, e1: {Clock: 3 * minute, Idle: true}, l0: {Clock: 5 * minute, Idle: true}},
			carried: 150 * time.Second,
			want:    Gate{At: 9 * minute, Lift: lift(9*minute, e0, e1, l0), Carries: true, Free: 7 * minute},
		},
		{
			name:    "when all have ended, time goes to the tick after the latest clock",
			sources: map[sourceID]Source{e0: {Clock: 7 * minute, Ended: true}, e1: {Clock: 3 * minute, Ended: true}, l0: {Clock: 5 * minute, Ended: true}},
			want:    Gate{At: 8 * minute, Lift: lift(8*minute, e0, e1, l0), Last: true, Free: 7 * minute},
		},
		{
			name:    "once, not again at the next start",
			sources: map[sourceID]Source{e0: {Clock: 7 * minute, Ended: true}, e1: {Clock: 3 * minute, Ended: true}, l0: {Clock: 5 * minute, Ended: true}},
			lifted:  map[sourceID]schemas.Instant{e0: 8 * minute, e1: 8 * minute, l0: 8 * minute},
			closed:  8 * minute,
			want:    Gate{At: 8 * minute, Last: true, Free: 8 * minute},
		},
		{
			name:    "a last gate whose ticks are not all closed yet stays where it is",
			sources: map[sourceID]Source{e0: {Clock: 7 * minute, Ended: true}, e1: {Clock: 3 * minute, Ended: true}, l0: {Clock: 5 * minute, Ended: true}},
			lifted:  map[sourceID]schemas.Instant{e0: 8 * minute, e1: 8 * minute, l0: 8 * minute},
			closed:  2 * minute, arrives: 7 * minute,
			want: Gate{At: 8 * minute, Last: true, Free: 8 * minute},
		},
		{
			name:    "a record that came after a last gate was lifted to it",
			sources: map[sourceID]Source{e0: {Clock: 7 * minute, Ended: true}, e1: {Clock: 3 * minute, Ended: true}, l0: {Clock: 5 * minute, Ended: true}},
			lifted:  map[sourceID]schemas.Instant{e0: 8 * minute, e1: 8 * minute, l0: 8 * minute},
			closed:  8 * minute, arrives: 8 * minute,
			want: Gate{At: 9 * minute, Lift: lift(9*minute, e0, e1, l0), Last: true, Free: 8 * minute},
		},
		{
			name:    "a record that stands where the last tick was closed is not left over",
			sources: map[sourceID]Source{e0: {Clock: 7 * minute, Ended: true}, e1: {Clock: 7 * minute, Ended: true}, l0: {Clock: 7 * minute, Ended: true}},
			closed:  7 * minute, arrives: 7 * minute,
			want: Gate{At: 8 * minute, Lift: lift(8*minute, e0, e1, l0), Last: true, Free: 7 * minute},
		},
		{
			name:    "inputs without a record end at the beginning",
			sources: map[sourceID]Source{e0: {Clock: schemas.Beginning, Ended: true}, e1: {Clock: schemas.Beginning, Ended: true}, l0: {Clock: schemas.Beginning, Ended: true}},
			want:    Gate{At: schemas.Beginning, Last: true},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := Moment{
				Tick: time.Minute, Closed: c.closed, Carried: c.carried,
				Arrives: func(i schemas.Instant) bool { return c.arrives >= i },
			}
			for _, id := range []sourceID{e0, e1, l0} {
				s := c.sources[id]
				s.Topic, s.Partition, s.Position, s.Lifted = id.topic, id.partition, 100, schemas.Beginning
				if v, ok := c.lifted[id]; ok {
					s.Lifted = v
				}
				m.Sources = append(m.Sources, s)
			}
			if diff := cmp.Diff(c.want, Decide(m)); diff != "" {
				t.Errorf("gate (-want +got):\n%s", diff)
			}
		})
	}
}
