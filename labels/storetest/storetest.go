package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"hindsight/labels/store"
)

// Run puts the stores that open makes through the suite. Each call of open
// returns an empty store, which the suite closes.
func Run(t *testing.T, open func(t *testing.T) store.Store) {
	for _, c := range []struct {
		name string
		test func(t *testing.T, s store.Store)
	}{
		{"an unknown key is not found", testUnknown},
		{"an empty value is a value", testEmptyValue},
		{"a batch is invisible until it commits", testIsolation},
		{"a batch reads its own writes", testOwnWrites},
		{"a discarded batch leaves nothing", testDiscard},
		{"keys are visited in order and within bounds", testScanOrder},
		{"a visit can stop and fail", testScanStops},
		{"values are copies", testCopies},
		{"a range is deleted with what the batch put there", testDeleteRange},
		{"a key set after its range was deleted stands", testSetAfterDeleteRange},
		{"the later of two changes wins", testLastWins},
		{"the size of a batch grows with it", testSize},
		{"a load is not read, and does what a batch does", testLoad},
		{"an ended batch is refused", testEnded},
		{"a closed store is refused", testClosed},
		{"random operations agree with a map", testRandom},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := open(t)
			c.test(t, s)
			if err := s.Close(); err != nil && !errors.Is(err, store.ErrClosed) {
				t.Errorf("close: %v", err)
			}
		})
	}
}

func testUnknown(t *testing.T, s store.Store) {
	b := s.Begin()
	wantGet(t, s, "a", "", false)
	wantGet(t, b, "a", "", false)
	must(t, b.Delete([]byte("a")))
	must(t, b.Commit())
	wantGet(t, s, "a", "", false)
	wantScan(t, s, "", "z")
}

func testEmptyValue(t *testing.T, s store.Store) {
	b := s.Begin()
	must(t, b.Set([]byte("a"), nil))
	wantGet(t, b, "a", "", true)
	wantScan(t, b, "", "z", "a=")
	must(t, b.Commit())
	wantGet(t, s, "a", "", true)
	wantScan(t, s, "", "z", "a=")
	b = s.Begin()
	wantGet(t, b, "a", "", true)
	wantScan(t, b, "", "z", "a=")
	must(t, b.Discard())
}

func testIsolation(t *testing.T, s store.Store) {
	b := s.Begin()
	must(t, b.Set([]byte("a"), []byte("1")))
	wantGet(t, s, "a", "", false)
	wantScan(t, s, "", "z")
	must(t, b.Commit())
	wantGet(t, s, "a", "1", true)
	wantScan(t, s, "", "z", "a=1")
	must(t, s.Sync())
}

func testOwnWrites(t *testing.T, s store.Store) {
	fill(t, s, "b=1", "d=1", "f=1")
	b := s.Begin()
	set(t, b, "a=2", "d=2", "e=2", "g=2")
	must(t, b.Delete([]byte("f")))
	must(t, b.Delete([]byte("g")))
	wantGet(t, b, "b", "1", true)
	wantGet(t, b, "d", "2", true)
	wantGet(t, b, "f", "", false)
	wantGet(t, b, "g", "", false)
	wantScan(t, b, "", "z", "a=2", "b=1", "d=2", "e=2")
	must(t, b.Commit())
	wantScan(t, s, "", "z", "a=2", "b=1", "d=2", "e=2")
}

func testDiscard(t *testing.T, s store.Store) {
	fill(t, s, "a=1")
	b := s.Begin()
	set(t, b, "a=2", "b=2")
	must(t, b.DeleteRange([]byte("a"), []byte("z")))
	must(t, b.Discard())
	must(t, b.Discard()) // is harmless
	wantScan(t, s, "", "z", "a=1")
}

func testScanOrder(t *testing.T, s store.Store) {
	fill(t, s, "a=1", "b=1", "ba=1", "b\x00=1", "b\xff=1", "c=1")
	wantScan(t, s, "b", "c", "b=1", "b\x00=1", "ba=1", "b\xff=1")
	wantScan(t, s, "b\x00", "ba", "b\x00=1")
	wantScan(t, s, "d", "z")
	wantScan(t, s, "b", "b")
	wantScan(t, s, "c", "a")
	b := s.Begin()
	set(t, b, "bb=2")
	wantScan(t, b, "ba", "c", "ba=1", "bb=2", "b\xff=1")
	wantScan(t, b, "c", "a")
	must(t, b.Discard())
}

func testScanStops(t *testing.T, s store.Store) {
	fill(t, s, "a=1", "c=1", "e=1")
	b := s.Begin()
	set(t, b, "b=2", "d=2")
	boom := errors.New("boom")
	for _, r := range []store.Reader{s, b} {
		for stop := 1; stop <= 3; stop++ {
			n := 0
			must(t, r.Scan([]byte("a"), []byte("z"), func(_, _ []byte) (bool, error) { n++; return n < stop, nil }))
			if n != stop {
				t.Errorf("%d visits after a stop at %d", n, stop)
			}
			n = 0
			err := r.Scan([]byte("a"), []byte("z"), func(_, _ []byte) (bool, error) {
				if n++; n == stop {
					return true, boom
				}
				return true, nil
			})
			if !errors.Is(err, boom) || n != stop {
				t.Errorf("error %v after %d visits, want boom after %d", err, n, stop)
			}
		}
	}
	must(t, b.Discard())
}

func testCopies(t *testing.T, s store.Store) {
	b := s.Begin()
	key, value := []byte("a"), []byte("1")
	must(t, b.Set(key, value))
	key[0], value[0] = 'x', 'x' // the batch took copies
	wantGet(t, b, "a", "1", true)
	must(t, b.Commit())
	got, _, err := s.Get([]byte("a"))
	must(t, err)
	got[0] = 'x' // the caller's own
	wantGet(t, s, "a", "1", true)
}

func testDeleteRange(t *testing.T, s store.Store) {
	fill(t, s, "a=1", "b=1", "c=1", "d=1")
	b := s.Begin()
	set(t, b, "ba=2", "e=2")
	must(t, b.DeleteRange([]byte("b"), []byte("d")))
	wantGet(t, b, "b", "", false)
	wantGet(t, b, "ba", "", false)
	wantScan(t, b, "", "z", "a=1", "d=1", "e=2")
	must(t, b.Commit())
	wantScan(t, s, "", "z", "a=1", "d=1", "e=2")
}

func testSetAfterDeleteRange(t *testing.T, s store.Store) {
	fill(t, s, "a=1", "b=1", "c=1")
	b := s.Begin()
	must(t, b.DeleteRange([]byte("a"), []byte("c")))
	set(t, b, "b=2")
	wantGet(t, b, "b", "2", true)
	wantScan(t, b, "", "z", "b=2", "c=1")
	must(t, b.Commit())
	wantScan(t, s, "", "z", "b=2", "c=1")
}

func testLastWins(t *testing.T, s store.Store) {
	b := s.Begin()
	set(t, b, "a=1", "a=2")
	must(t, b.Delete([]byte("a")))
	set(t, b, "a=3")
	wantGet(t, b, "a", "3", true)
	must(t, b.Commit())
	wantGet(t, s, "a", "3", true)
}

func testSize(t *testing.T, s store.Store) {
	b := s.Begin()
	before := b.Size()
	must(t, b.Set([]byte("a"), bytes.Repeat([]byte("x"), 1000)))
	if grown := b.Size() - before; grown < 1000 || grown > 2000 {
		t.Errorf("a value of 1000 bytes adds %d", grown)
	}
	must(t, b.Discard())
}

func testEnded(t *testing.T, s store.Store) {
	for _, end := range []func(store.Batch) error{store.Batch.Commit, store.Batch.Discard} {
		b := s.Begin()
		must(t, end(b))
		_, _, getErr := b.Get([]byte("a"))
		scanErr := b.Scan([]byte("a"), []byte("b"), func(_, _ []byte) (bool, error) { return true, nil })
		errs := []error{getErr, scanErr, b.Set([]byte("a"), nil), b.Delete([]byte("a")), b.DeleteRange([]byte("a"), []byte("b")), b.Commit()}
		for i, err := range errs {
			if !errors.Is(err, store.ErrEnded) {
				t.Errorf("call %d on an ended batch: %v", i, err)
			}
		}
	}
}

func testClosed(t *testing.T, s store.Store) {
	fill(t, s, "a=1")
	must(t, s.Close())
	_, _, getErr := s.Get([]byte("a"))
	scanErr := s.Scan([]byte("a"), []byte("b"), func(_, _ []byte) (bool, error) { return true, nil })
	for i, err := range []error{getErr, scanErr, s.Sync(), s.Close()} {
		if !errors.Is(err, store.ErrClosed) {
			t.Errorf("call %d on a closed store: %v", i, err)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// set puts rows written key=value into the batch.
func set(t *testing.T, b store.Batch, rows ...string) {
	t.Helper()
	for _, row := range rows {
		key, value, _ := bytes.Cut([]byte(row), []byte("="))
		must(t, b.Set(key, value))
	}
}

func fill(t *testing.T, s store.Store, rows ...string) {
	t.Helper()
	b := s.Begin()
	set(t, b, rows...)
	must(t, b.Commit())
}

func wantGet(t *testing.T, r store.Reader, key, value string, found bool) {
	t.Helper()
	got, ok, err := r.Get([]byte(key))
	if err != nil || ok != found || string(got) != value {
		t.Errorf("get %q: %q, %t, %v; want %q, %t", key, got, ok, err, value, found)
	}
}

func wantScan(t *testing.T, r store.Reader, lo, hi string, want ...string) {
	t.Helper()
	if got := scan(t, r, lo, hi); fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) {
		t.Errorf("scan [%q, %q): %q; want %q", lo, hi, got, want)
	}
}

func scan(t *testing.T, r store.Reader, lo, hi string) []string {
	t.Helper()
	var got []string
	must(t, r.Scan([]byte(lo), []byte(hi), func(key, value []byte) (bool, error) {
		got = append(got, fmt.Sprintf("%s=%s", key, value))
		return true, nil
	}))
	return got
}

func testLoad(t *testing.T, s store.Store) {
	fill(t, s, "b=0", "partition-1 b=0", "x=0", "y=0")
	l := s.Load()
	if _, _, err := l.Get([]byte("b")); !errors.Is(err, store.ErrUnread) {
		t.Errorf("get: %v", err)
	}
	if err := l.Scan([]byte("a"), []byte("z"), nil); !errors.Is(err, store.ErrUnread) {
		t.Errorf("scan: %v", err)
	}
	must(t, l.Set([]byte("c"), []byte("1")))
	must(t, l.Set([]byte("a"), []byte("1")))
	must(t, l.Set([]byte("a"), []byte("2")))
	must(t, l.Delete([]byte("b")))
	must(t, l.Delete([]byte("c")))
	must(t, l.Set([]byte("c"), nil))
	must(t, l.Set([]byte("partition-1 b"), []byte("1")))
	must(t, l.Set([]byte("x1"), []byte("1")))
	must(t, l.DeleteRange([]byte("x"), []byte("y")))
	must(t, l.Set([]byte("x2"), []byte("1")))
	if l.Size() < 10 {
		t.Errorf("size %d", l.Size())
	}
	wantGet(t, s, "a", "", false)
	must(t, l.Commit())
	wantScan(t, s, "a", "z", "a=2", "c=", "partition-1 b=1", "x2=1", "y=0")
	if err := l.Set([]byte("a"), nil); !errors.Is(err, store.ErrEnded) {
		t.Errorf("set after the end: %v", err)
	}
	l = s.Load()
	must(t, l.Set([]byte("a"), []byte("3")))
	must(t, l.Discard())
	wantGet(t, s, "a", "2", true)
}
