package storetest

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"hindsight/labels/store"
)

// testRandom runs random batches against a map of a few lines.
func testRandom(t *testing.T, s store.Store) {
	r := rand.New(rand.NewPCG(1, 2))
	committed := map[string]string{}
	for range 60 {
		b, staged := s.Begin(), maps.Clone(committed)
		for range r.IntN(30) {
			key := randomKey(r)
			switch r.IntN(6) {
			case 0:
				must(t, b.Delete(key))
				delete(staged, string(key))
			case 1:
				hi := randomKey(r)
				if bytes.Compare(key, hi) > 0 {
					key, hi = hi, key
				}
				must(t, b.DeleteRange(key, hi))
				maps.DeleteFunc(staged, func(k, _ string) bool { return string(key) <= k && k < string(hi) })
			default:
				value := fmt.Sprint(r.IntN(1000))
				must(t, b.Set(key, []byte(value)))
				staged[string(key)] = value
			}
			if r.IntN(4) == 0 {
				compare(t, r, b, staged)
			}
		}
		compare(t, r, s, committed)
		if r.IntN(4) == 0 {
			must(t, b.Discard())
		} else {
			must(t, b.Commit())
			committed = staged
		}
		compare(t, r, s, committed)
	}
}

// randomKey draws from few keys that have each other as prefixes.
func randomKey(r *rand.Rand) []byte {
	key := make([]byte, 1+r.IntN(3))
	for i := range key {
		key[i] = "\x00ab\xff"[r.IntN(4)]
	}
	return key
}

func compare(t *testing.T, r *rand.Rand, s store.Reader, want map[string]string) {
	t.Helper()
	key := randomKey(r)
	value, found := want[string(key)]
	wantGet(t, s, string(key), value, found)
	lo, hi := string(randomKey(r)), string(randomKey(r))
	var rows []string
	for _, k := range slices.Sorted(maps.Keys(want)) {
		if lo <= k && k < hi {
			rows = append(rows, k+"="+want[k])
		}
	}
	wantScan(t, s, lo, hi, rows...)
}
