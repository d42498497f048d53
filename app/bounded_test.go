package app_test

import (
	"encoding/json"
	"testing"

	"hindsight/app"
	"hindsight/app/demo"
	"hindsight/app/publish"
)

// more publishes the next loans of the demo, and waits.
func (s *stand) more(loans int) {
	s.t.Helper()
	<-s.published
	world, err := demo.NewWorld(demo.Options{Seed: 7, Loans: loans})
	if err != nil {
		s.t.Fatal(err)
	}
	feed, err := demo.NewFeed(s.t.Context(), world, s.broker, publish.WallClock{})
	if err != nil {
		s.t.Fatal(err)
	}
	defer feed.Close()
	if _, err := feed.Run(s.t.Context(), 0); err != nil {
		s.t.Fatal(err)
	}
}

func parsed(t *testing.T, text string) (r app.Report) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// A second bounded run must not take the end of the first for its own.
func TestASecondBoundedRunReadsWhatIsNew(t *testing.T) {
	s, dir := newStand(t, 300, 0), t.TempDir()
	first := parsed(t, s.finish(dir))
	s.more(900) // the 300 again, which are repetitions or new lives, and 600 others
	second := parsed(t, s.finish(dir))
	if second.Scores != first.Scores+900 {
		t.Fatalf("scores: %d, then %d", first.Scores, second.Scores)
	}
	for name, r := range map[string]app.Report{"first": first, "second": second} {
		if n := sum(r.Outcomes); n != r.Scores {
			t.Errorf("%s run: %d outcomes of %d scores: %v", name, n, r.Scores, r.Outcomes)
		}
	}
	if len(second.Windows) <= len(first.Windows) {
		t.Errorf("%d windows, then %d", len(first.Windows), len(second.Windows))
	}
}

func sum(m map[string]int64) (n int64) {
	for _, v := range m {
		n += v
	}
	return n
}

// Partitions that never see a score must not keep the others' windows back.
func TestFewEventsAreWatchedToo(t *testing.T) {
	r := parsed(t, newStand(t, 2, 0).finish(t.TempDir()))
	if len(r.Windows) == 0 {
		t.Error("two loans make no window")
	}
}
