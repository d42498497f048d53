package labels

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"hindsight/schemas"
)

func fullEntry() entry {
	r := rank{5 * minute, 6 * minute, "labels", 3, 9}
	s := rank{7 * minute, 2 * minute, "other", -1, 1 << 40}
	return entry{
		score: schemas.Score{
			EventID: "a", EventTime: -3 * minute, Arrival: 4 * minute, SourcePartition: -1, SourceOffset: 8, Model: "m", Version: "2",
			Value: 0.25, Prediction: "yes", Positive: "no", Bins: []byte{0, 255},
			Segments:    []schemas.Segment{{Field: "f", Value: ""}, {Field: "", Value: "v"}},
			Challengers: []schemas.Answer{{Model: "n", Version: "3", Value: -1, Probabilities: []float64{0.5, 0.5}, Prediction: "x"}, {}},
		},
		offset: 12, tick: 5 * minute, rules: 4, kind: schemas.Matched, revision: 3, booked: 6 * minute, truth: "yes",
		truths: truths{{"yes", 2, r, s, 0, 0}, {"no", 1, s, s, 0, 0}},
	}
}

func TestEntryRoundTrip(t *testing.T) {
	undecided := fullEntry()
	undecided.kind, undecided.revision, undecided.booked, undecided.truth, undecided.truths = schemas.NoKind, 0, 0, "", nil
	weighted := fullEntry()
	weighted.extra, weighted.truths[0].firstExtra, weighted.truths[1].lastExtra = 5, -3, 1<<33
	unweighted := fullEntry()
	for _, want := range []entry{fullEntry(), weighted, undecided} {
		got := weighted // what was there before must not shine through
		got.truths = slices.Clone(got.truths)
		text := appendEntry(nil, &want)
		d := decoder{rest: string(text[1:])}
		d.entry("a", &got)
		if !d.ok() {
			t.Fatal("not readable")
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(entry{}, truth{}, rank{}), cmpopts.EquateEmpty()); diff != "" {
			t.Error(diff)
		}
		for n := range text {
			if d := (decoder{rest: string(text[1:max(n, 1)])}); n > 0 {
				// The weights come last: without them it is what they were added to.
				if d.entry("a", &got); d.ok() && !(want.extra != 0 && n == len(appendEntry(nil, &unweighted))) {
					t.Errorf("the first %d of %d bytes are an entry, too", n, len(text))
				}
			}
		}
	}
}

// A waiting score of a linear model, one segment and no challenger should cost
// little more than its texts.
func TestEntrySize(t *testing.T) {
	e := entry{
		score: schemas.Score{EventTime: 1.7e15, Arrival: 1.7e15 + 3e6, SourcePartition: 3, SourceOffset: 1e9, Model: "fraud", Version: "1",
			Value: 0.123456789, Prediction: "0", Positive: "1", Segments: []schemas.Segment{{Field: "region", Value: "eu"}}},
		offset: 1e9, tick: 1.7e15 + 6e7,
	}
	if n := len(appendEntry(nil, &e)); n > 65 {
		t.Errorf("%d bytes", n)
	}
}

func FuzzEntry(f *testing.F) {
	e := fullEntry()
	f.Add(string(appendEntry(nil, &e)[1:]))
	f.Add("")
	f.Add("\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff")
	f.Fuzz(func(t *testing.T, text string) {
		var e entry
		d := decoder{rest: text}
		if d.entry("a", &e); !d.ok() {
			return
		}
		// What can be read is written so that it is read the same.
		first := appendEntry(nil, &e)
		var again entry
		d = decoder{rest: string(first[1:])}
		if d.entry("a", &again); !d.ok() || !bytes.Equal(first, appendEntry(nil, &again)) {
			t.Errorf("%x does not survive a round trip", text)
		}
	})
}

func FuzzWaitingKey(f *testing.F) {
	f.Add(appendPlace(appendInstant(appendWaiting(nil, "id"), 5), place{source{"labels", 3}, 7, -1}))
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1})
	f.Fuzz(func(t *testing.T, key []byte) {
		id, arrival, p, ok := waitingOf(key)
		if !ok {
			return
		}
		again := appendPlace(appendInstant(appendWaiting(nil, id), arrival), p)
		if id2, arrival2, p2, ok := waitingOf(again); !ok || id2 != id || arrival2 != arrival || p2 != p {
			t.Errorf("%x does not survive a round trip", key)
		}
	})
}

// Keys sort as what they say does.
func TestKeysSort(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	type timedPlace struct {
		at schemas.Instant
		place
	}
	var all []timedPlace
	number := func() int64 { return []int64{-1 << 40, -1, 0, 1, 255, 256, 1 << 40}[r.IntN(7)] }
	for range 300 {
		topic := []string{"a", "ab", "b", "a-"}[r.IntN(4)]
		all = append(all, timedPlace{schemas.Instant(number()), place{source{topic, int32(r.IntN(5) - 2)}, number(), number()}})
	}
	key := func(x timedPlace) []byte { return appendPlace(prefixOf(1).timed(nil, scoreInbox, x.at), x.place) }
	slices.SortFunc(all, func(x, y timedPlace) int { return bytes.Compare(key(x), key(y)) })
	for i := range len(all) - 1 {
		x, y := all[i], all[i+1]
		a := fmt.Sprintf("%20d %-5s %3d %20d %20d", x.at+1<<50, x.topic, x.partition+9, x.offset+1<<50, x.read+1<<50)
		b := fmt.Sprintf("%20d %-5s %3d %20d %20d", y.at+1<<50, y.topic, y.partition+9, y.offset+1<<50, y.read+1<<50)
		if a > b {
			t.Errorf("%s sorts before %s", a, b)
		}
		if p, ok := placeOf(key(x)[restAt:]); !ok || p != x.place {
			t.Errorf("%+v came back as %+v", x.place, p)
		}
	}
}

func TestSuccessor(t *testing.T) {
	for in, want := range map[string]string{"a": "b", "a\xff": "b", "\x00": "\x01", "\x00\xff\xff": "\x01"} {
		if got := string(successor(nil, []byte(in))); got != want {
			t.Errorf("successor of %q is %q, want %q", in, got, want)
		}
	}
}
