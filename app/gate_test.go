package app

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hindsight/labels"
	"hindsight/schemas"
)

const minute = schemas.Instant(60 * 1_000_000)

func TestDecideGate(t *testing.T) {
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
		sources map[sourceID]sourceClock
		lifted  map[sourceID]schemas.Instant
		closed  schemas.Instant
		carried time.Duration
		arrives schemas.Instant // of the last record that is not applied
		want    gate
	}{
		{
			name:    "the slowest source holds time",
			sources: map[sourceID]sourceClock{e0: {clock: 7 * minute}, e1: {clock: 9 * minute}, l0: {clock: 5*minute + 1}},
			want:    gate{at: 5*minute + 1},
		},
		{
			name:    "a source that has shown nothing holds it at the beginning",
			sources: map[sourceID]sourceClock{e0: {clock: 7 * minute}, e1: {clock: schemas.Beginning}, l0: {clock: 5 * minute}},
			want:    gate{at: schemas.Beginning},
		},
		{
			name:    "an idle source is lifted to the others",
			sources: map[sourceID]sourceClock{e0: {clock: 7 * minute}, e1: {clock: 2 * minute, idle: true}, l0: {clock: 5 * minute}},
			want:    gate{at: 5 * minute, lift: lift(5*minute, e1)},
		},
		{
			name:    "and one that has ended, although it never showed anything",
			sources: map[sourceID]sourceClock{e0: {clock: 7 * minute}, e1: {clock: schemas.Beginning, ended: true}, l0: {clock: 5 * minute}},
			want:    gate{at: 5 * minute, lift: lift(5*minute, e1)},
		},
		{
			name:    "a lift that would close no tick is not logged",
			sources: map[sourceID]sourceClock{e0: {clock: 5*minute + 9}, e1: {clock: 2 * minute, idle: true}, l0: {clock: 5*minute + 8}},
			closed:  5 * minute,
			want:    gate{at: 5*minute + 8},
		},
		{
			name:    "a lift in force counts as the clock of its source",
			sources: map[sourceID]sourceClock{e0: {clock: 7 * minute}, e1: {clock: 2 * minute, idle: true}, l0: {clock: 5 * minute}},
			lifted:  map[sourceID]schemas.Instant{e1: 6 * minute},
			want:    gate{at: 5 * minute},
		},
		{
			name:    "a lifted source that wakes up holds time at its lift",
			sources: map[sourceID]sourceClock{e0: {clock: 9 * minute}, e1: {clock: 2 * minute}, l0: {clock: 8 * minute}},
			lifted:  map[sourceID]schemas.Instant{e1: 6 * minute},
			want:    gate{at: 6 * minute},
		},
		{
			name:    "when all idle, the monotonic clock carries time",
			sources: map[sourceID]sourceClock{e0: {clock: 7 * minute, idle: true}, e1: {clock: 3 * minute, idle: true}, l0: {clock: 5 * minute, idle: true}},
			carried: 150 * time.Second,
			want:    gate{at: 9 * minute, lift: lift(9*minute, e0, e1, l0), carries: true, free: 7 * minute},
		},
		{
			name:    "when all have ended, time goes to the tick after the latest clock",
			sources: map[sourceID]sourceClock{e0: {clock: 7 * minute, ended: true}, e1: {clock: 3 * minute, ended: true}, l0: {clock: 5 * minute, ended: true}},
			want:    gate{at: 8 * minute, lift: lift(8*minute, e0, e1, l0), last: true, free: 7 * minute},
		},
		{
			name:    "once, not again at the next start",
			sources: map[sourceID]sourceClock{e0: {clock: 7 * minute, ended: true}, e1: {clock: 3 * minute, ended: true}, l0: {clock: 5 * minute, ended: true}},
			lifted:  map[sourceID]schemas.Instant{e0: 8 * minute, e1: 8 * minute, l0: 8 * minute},
			closed:  8 * minute,
			want:    gate{at: 8 * minute, last: true, free: 8 * minute},
		},
		{
			name:    "a last gate whose ticks are not all closed yet stays where it is",
			sources: map[sourceID]sourceClock{e0: {clock: 7 * minute, ended: true}, e1: {clock: 3 * minute, ended: true}, l0: {clock: 5 * minute, ended: true}},
			lifted:  map[sourceID]schemas.Instant{e0: 8 * minute, e1: 8 * minute, l0: 8 * minute},
			closed:  2 * minute, arrives: 7 * minute,
			want: gate{at: 8 * minute, last: true, free: 8 * minute},
		},
		{
			name:    "a record that came after a last gate was lifted to it",
			sources: map[sourceID]sourceClock{e0: {clock: 7 * minute, ended: true}, e1: {clock: 3 * minute, ended: true}, l0: {clock: 5 * minute, ended: true}},
			lifted:  map[sourceID]schemas.Instant{e0: 8 * minute, e1: 8 * minute, l0: 8 * minute},
			closed:  8 * minute, arrives: 8 * minute,
			want: gate{at: 9 * minute, lift: lift(9*minute, e0, e1, l0), last: true, free: 8 * minute},
		},
		{
			name:    "a record that stands where the last tick was closed is not left over",
			sources: map[sourceID]sourceClock{e0: {clock: 7 * minute, ended: true}, e1: {clock: 7 * minute, ended: true}, l0: {clock: 7 * minute, ended: true}},
			closed:  7 * minute, arrives: 7 * minute,
			want: gate{at: 8 * minute, lift: lift(8*minute, e0, e1, l0), last: true, free: 7 * minute},
		},
		{
			name:    "inputs without a record end at the beginning",
			sources: map[sourceID]sourceClock{e0: {clock: schemas.Beginning, ended: true}, e1: {clock: schemas.Beginning, ended: true}, l0: {clock: schemas.Beginning, ended: true}},
			want:    gate{at: schemas.Beginning, last: true},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := decideGate(gateInput{
				sample: &sample{sources: c.sources, order: []sourceID{e0, e1, l0}}, tick: time.Minute, closed: c.closed, carried: c.carried,
				lifted: func(topic string, p int32) schemas.Instant {
					if v, ok := c.lifted[sourceID{topic, p}]; ok {
						return v
					}
					return schemas.Beginning
				},
				position: func(sourceID) int64 { return 100 },
				arrives:  func(i schemas.Instant) bool { return c.arrives >= i },
			})
			if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(gate{})); diff != "" {
				t.Errorf("gate (-want +got):\n%s", diff)
			}
		})
	}
}
