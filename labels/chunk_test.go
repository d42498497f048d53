package labels

import (
	"errors"
	"fmt"
	"testing"

	"hindsight/labels/store"
	"hindsight/schemas"
)

// TestQueuesAreEmptied closes ticks of many and of few records, as a whole and
// with stops after so many outcomes: each record counts once, and no queue keeps
// anything of what is done.
func TestQueuesAreEmptied(t *testing.T) {
	for _, n := range []int{1, manyKeys - 1, manyKeys, chunkSize, chunkSize + 1, 3*chunkSize + manyKeys} {
		for _, count := range []int{0, manyKeys / 2, 2 * manyKeys} {
			t.Run(fmt.Sprintf("%d in pieces of %d", n, count), func(t *testing.T) {
				s := store.NewMemory()
				config := testConfig
				config.BatchCount = count
				j, b := openTest(t, s, config)
				for i := range int64(n) {
					id := fmt.Sprintf("event-%d", i)
					score := schemas.Score{Model: "m", EventID: id, EventTime: minute, Arrival: minute + schemas.Instant(i%7), SourceOffset: i}
					label := Label{EventID: id, Truth: "1", Arrival: minute, LabelTime: minute, Topic: "labels", Offset: i, Rerouted: -1}
					if err := errors.Join(j.AddScore(b, &score, i), j.AddLabel(b, &label)); err != nil {
						t.Fatal(err)
					}
				}
				var out collector
				for done := false; !done; {
					var err error
					if done, err = j.Close(b, 200*minute, &out); err != nil {
						t.Fatal(err)
					}
					save(t, j, b)
					b = s.Begin()
				}
				if len(out.outcomes) != n || j.Status().Ledger.Matched != int64(n) {
					t.Errorf("%d outcomes, ledger %+v", len(out.outcomes), j.Status().Ledger)
				}
				for key := range dump(t, s) {
					if kind := key[kindAt]; kind != metaKey {
						t.Fatalf("key %x is left behind", key)
					}
				}
			})
		}
	}
}
