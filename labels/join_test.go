package labels

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hindsight/labels/store"
	"hindsight/schemas"
)

// collector keeps what a Join emits.
type collector struct {
	outcomes []schemas.Outcome
	slices   []schemas.Slice
}

func (c *collector) Outcome(o *schemas.Outcome) error {
	c.outcomes = append(c.outcomes, *o)
	return nil
}

func (c *collector) Slice(s *schemas.Slice) error {
	kept := *s
	kept.Cells = slices.Clone(s.Cells)
	c.slices = append(c.slices, kept)
	return nil
}

var testConfig = Config{EventsTopic: "events", ScoresTopic: "scores", EventWidth: time.Minute, LabelWidth: time.Minute, Identity: "here"}

var testSettings = Settings{From: schemas.Beginning, Tick: time.Minute, Horizon: time.Hour, Early: time.Hour, Conflict: Latest}

func openTest(t *testing.T, s store.Store, config Config) (*Join, store.Batch) {
	t.Helper()
	j, err := Open(1, 4, s, config)
	if err != nil {
		t.Fatal(err)
	}
	b := s.Begin()
	if err := j.AddSettings(b, testSettings, 0); err != nil {
		t.Fatal(err)
	}
	return j, b
}

func save(t *testing.T, j *Join, b store.Batch) {
	t.Helper()
	if err := errors.Join(j.Save(b), b.Commit()); err != nil {
		t.Fatal(err)
	}
}

func TestRefusals(t *testing.T) {
	j, b := openTest(t, store.NewMemory(), testConfig)
	score := schemas.Score{EventID: "a", EventTime: minute, Arrival: minute}
	label := Label{EventID: "a", Arrival: minute, LabelTime: minute, Topic: "labels", Partition: 1, Offset: 7, Rerouted: -1}
	rerouted := label
	rerouted.Rerouted = 9
	if err := errors.Join(j.AddScore(b, &score, 5), j.AddLabel(b, &label), j.AddLabel(b, &rerouted)); err != nil {
		t.Fatal(err)
	}
	if got, want := j.Offsets(), (Offsets{Scores: 6, Labels: 8, Rerouted: 10}); got != want {
		t.Errorf("offsets %+v, want %+v", got, want)
	}
	for name, err := range map[string]error{
		"score": j.AddScore(b, &score, 5), "label": j.AddLabel(b, &label), "rerouted label": j.AddLabel(b, &rerouted),
	} {
		if !errors.Is(err, ErrRepeated) {
			t.Errorf("the same %s again: %v", name, err)
		}
	}
	for _, bad := range []schemas.Instant{schemas.Beginning, schemas.Forever, schemas.Beginning + 1} {
		s, l := score, label
		s.Arrival, l.LabelTime, l.Offset = bad, bad, 20
		for _, err := range []error{j.AddScore(b, &s, 20), j.AddLabel(b, &l)} {
			if !errors.Is(err, ErrStamp) {
				t.Errorf("a record at %v: %v", bad, err)
			}
		}
	}
	if err := j.AddSettings(b, Settings{}, 3); err == nil {
		t.Error("settings without a tick are taken")
	}
	if _, err := j.Close(b, schemas.Forever, &collector{}); err == nil {
		t.Error("a gate at the end of time")
	}
	if err := j.Rebuild(Status{}, NewDecided(Floors{})); err == nil {
		t.Error("a rebuild over a state")
	}
	if _, err := Open(1, 4, store.NewMemory(), Config{}); err == nil {
		t.Error("slices without width")
	}
}

func TestForeignAndDamagedStates(t *testing.T) {
	s := store.NewMemory()
	j, b := openTest(t, s, testConfig)
	if err := j.AddScore(b, &schemas.Score{EventID: "a", EventTime: minute, Arrival: minute}, 0); err != nil {
		t.Fatal(err)
	}
	save(t, j, b)
	other := testConfig
	other.Identity = "there"
	if _, err := Open(1, 4, s, other); !errors.Is(err, ErrForeign) || !strings.Contains(err.Error(), `"here"`) {
		t.Errorf("another identity: %v", err)
	}
	for text, want := range map[string]error{`{"format":0}`: ErrForeign, `{`: ErrDamaged, `{"format":1,"ledger":3}`: ErrDamaged,
		`{"format":1,"identity":"here","rebuilding":true}`: ErrUnfinished} {
		b := s.Begin()
		if err := errors.Join(b.Set(prefixOf(1).key(nil, metaKey), []byte(text)), b.Commit()); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(1, 4, s, testConfig); !errors.Is(err, want) {
			t.Errorf("meta %s: %v", text, err)
		}
	}
	b = s.Begin()
	if err := errors.Join(b.Delete(prefixOf(1).key(nil, metaKey)), b.Commit()); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(1, 4, s, testConfig); !errors.Is(err, ErrDamaged) {
		t.Errorf("records without meta: %v", err)
	}
	if _, err := Open(2, 4, s, testConfig); err != nil {
		t.Errorf("the neighbour is hurt: %v", err)
	}
	b = s.Begin()
	if err := errors.Join(Wipe(b, 1), b.Commit()); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(1, 4, s, testConfig); err != nil {
		t.Errorf("after a wipe: %v", err)
	}
}

// A foreign score without a source stands in scores itself.
func TestForeignScores(t *testing.T) {
	j, b := openTest(t, store.NewMemory(), testConfig)
	lift := Lift{Value: 5 * minute, Positions: []Position{{"scores", 1, 1}}, Offset: 1}
	if err := j.AddLift(b, &lift); err != nil {
		t.Fatal(err)
	}
	for offset := range int64(2) {
		s := schemas.Score{EventID: fmt.Sprint(offset), EventTime: minute, Arrival: minute, SourcePartition: -1, SourceOffset: -1}
		if err := j.AddScore(b, &s, offset); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := j.Close(b, 2*minute, &collector{}); err != nil {
		t.Fatal(err)
	}
	if got := j.Next(); got != 6*minute {
		t.Errorf("the lifted score is due at %v", got)
	}
}

// Copies of one record, as at-least-once delivery makes them, are all counted.
func TestCopies(t *testing.T) {
	j, b := openTest(t, store.NewMemory(), testConfig)
	var out collector
	for n := range int64(3) {
		s := schemas.Score{EventID: "a", EventTime: minute, Arrival: minute, SourceOffset: 4}
		l := Label{EventID: "a", Truth: "1", Arrival: minute, Topic: "labels", Offset: 8, Rerouted: n}
		if err := errors.Join(j.AddScore(b, &s, n), j.AddLabel(b, &l)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := j.Close(b, 2*minute, &out); err != nil {
		t.Fatal(err)
	}
	want := Ledger{Scores: 3, Matched: 1, Repeated: 2, Labels: 3, Used: 1, SameAgain: 2}
	if got := j.Status().Ledger; got != want {
		t.Errorf("ledger %+v, want %+v", got, want)
	}
}

func TestTooManyTruths(t *testing.T) {
	j, b := openTest(t, store.NewMemory(), testConfig)
	if err := j.AddScore(b, &schemas.Score{EventID: "a", EventTime: minute, Arrival: minute}, 0); err != nil {
		t.Fatal(err)
	}
	for n := range int64(40) {
		l := Label{EventID: "a", Truth: fmt.Sprint(n), LabelTime: schemas.Instant(n), Arrival: minute, Topic: "labels", Offset: n, Rerouted: -1}
		if err := j.AddLabel(b, &l); err != nil {
			t.Fatal(err)
		}
	}
	var out collector
	if _, err := j.Close(b, 2*minute, &out); err != nil {
		t.Fatal(err)
	}
	want := Ledger{Scores: 1, Matched: 1, Labels: 40, Used: 1, Revision: 31, Conflict: 8}
	if got := j.Status().Ledger; got != want {
		t.Errorf("ledger %+v, want %+v", got, want)
	}
}

// A tick with many cells is told in parts, and models without news are told
// that time has passed.
func TestParts(t *testing.T) {
	config := testConfig
	config.Models = []string{"idle"}
	j, b := openTest(t, store.NewMemory(), config)
	for n := range int64(4500) {
		s := schemas.Score{EventID: fmt.Sprint(n), EventTime: minute, Arrival: minute, SourceOffset: n, Model: "busy",
			Segments: []schemas.Segment{{Field: "n", Value: fmt.Sprint(n)}}}
		if err := j.AddScore(b, &s, n); err != nil {
			t.Fatal(err)
		}
	}
	var out collector
	if done, err := j.Close(b, 2*minute, &out); err != nil || !done {
		t.Fatal(done, err)
	}
	if done, err := j.Close(b, 5*minute+1, &out); err != nil || !done {
		t.Fatal(done, err)
	}
	type told struct {
		model string
		tick  schemas.Instant
		part  int32
		more  bool
		cells int
	}
	var got []told
	for _, s := range out.slices {
		got = append(got, told{s.Model, s.Tick, s.Part, s.More, len(s.Cells)})
		if !slices.IsSortedFunc(s.Cells, func(a, b schemas.Cell) int { return strings.Compare(a.Segment, b.Segment) }) {
			t.Error("cells are not sorted")
		}
		if s.Partition != 1 || s.Partitions != 4 {
			t.Errorf("partition %d of %d", s.Partition, s.Partitions)
		}
	}
	want := []told{
		{"busy", 2 * minute, 0, true, 2000}, {"busy", 2 * minute, 1, true, 2000}, {"busy", 2 * minute, 2, false, 501}, {"idle", 2 * minute, 0, false, 0},
		{"busy", 5 * minute, 0, false, 0}, {"idle", 5 * minute, 0, false, 0},
	}
	if !slices.Equal(got, want) {
		t.Errorf("told\n%+v, want\n%+v", got, want)
	}
}

// A large batch ends a Close between two ticks; it goes on where it stopped.
func TestBatchBytes(t *testing.T) {
	config := testConfig
	config.BatchBytes = 3000
	s := store.NewMemory()
	j, b := openTest(t, s, config)
	for n := range int64(100) {
		x := schemas.Score{EventID: fmt.Sprint(n), EventTime: minute, Arrival: schemas.Instant(n) * minute / 5, SourceOffset: n, Model: "m"}
		if err := j.AddScore(b, &x, n); err != nil {
			t.Fatal(err)
		}
	}
	save(t, j, b)
	var out collector
	for calls := 1; ; calls++ {
		b := s.Begin()
		done, err := j.Close(b, 200*minute, &out)
		if err != nil {
			t.Fatal(err)
		}
		save(t, j, b)
		if done {
			if calls < 3 || len(out.outcomes) != 100 || j.Closed() != 200*minute {
				t.Errorf("%d calls, %d outcomes, closed %v", calls, len(out.outcomes), j.Closed())
			}
			return
		}
		if calls > 100 {
			t.Fatal("no progress")
		}
		if j, err = Open(1, 4, s, config); err != nil {
			t.Fatal(err)
		}
	}
}

// What falls due at one tick is decided in as many commits as the bound asks
// for, and is told of the tick's end once, in the last.
func TestOneTickSpansCommits(t *testing.T) {
	config := testConfig
	config.BatchCount = 100
	s := store.NewMemory()
	j, b := openTest(t, s, config)
	const scores = 10_000
	for n := range int64(scores) {
		x := schemas.Score{EventID: fmt.Sprint(n), EventTime: minute, Arrival: minute, SourceOffset: n, Model: "m", Version: "1"}
		if err := j.AddScore(b, &x, n); err != nil {
			t.Fatal(err)
		}
	}
	save(t, j, b)
	var all collector
	calls, amid := 0, 0
	for done := false; !done; calls++ {
		b := s.Begin()
		var out collector
		var err error
		if done, err = j.Close(b, 200*minute, &out); err != nil {
			t.Fatal(err)
		}
		if len(out.outcomes) > config.BatchCount {
			t.Fatalf("%d outcomes in one commit", len(out.outcomes))
		}
		if j.Status().Amid != nil {
			amid++
		}
		all.outcomes, all.slices = append(all.outcomes, out.outcomes...), append(all.slices, out.slices...)
		save(t, j, b)
		if j, err = Open(1, 4, s, config); err != nil {
			t.Fatal(err)
		}
	}
	var ended, unlabelled int
	for i, x := range all.slices {
		if i > 0 && x.Tick == all.slices[i-1].Tick && x.Part != all.slices[i-1].Part+1 {
			t.Errorf("part %d after part %d", x.Part, all.slices[i-1].Part)
		}
		if !x.More && len(x.Cells)+int(x.Part) > 0 {
			ended++
		}
		for _, c := range x.Cells {
			if c.Clock == schemas.EventClock && c.Segment == "" {
				unlabelled += int(c.Sums.Unlabelled)
			}
		}
	}
	t.Logf("%d outcomes in %d commits, %d of them amid a tick", len(all.outcomes), calls, amid)
	if len(all.outcomes) != scores || unlabelled != scores || amid < scores/config.BatchCount-1 || ended > 2 {
		t.Errorf("%d outcomes, %d unlabelled in slices, %d ticks ended", len(all.outcomes), unlabelled, ended)
	}
}

// A state that does not come out as committed is not taken for well.
func TestDiverged(t *testing.T) {
	j, b := openTest(t, store.NewMemory(), testConfig)
	if err := j.AddScore(b, &schemas.Score{EventID: "a", EventTime: minute, Arrival: minute}, 0); err != nil {
		t.Fatal(err)
	}
	for _, target := range []Status{
		{Closed: 5 * minute, Ledger: Ledger{Scores: 2, Pending: 2}},
		{Closed: 4 * minute, Ledger: Ledger{Scores: 1, Pending: 1}}, // already past it
	} {
		if _, err := j.Settle(b, target); !errors.Is(err, ErrDiverged) {
			t.Errorf("target %+v: %v", target, err)
		}
	}
	if done, err := j.Settle(b, Status{Closed: 5 * minute, Ledger: Ledger{Scores: 1, Pending: 1}}); err != nil || !done {
		t.Error(done, err)
	}
}

func TestStatusIsShort(t *testing.T) {
	var s Status
	fill(reflect.ValueOf(&s).Elem())
	s.Models = nil
	for n := range 30 {
		s.Models = append(s.Models, fmt.Sprintf("a-model-with-a-long-name-%d", n))
	}
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	if len(text) > 1024 {
		t.Errorf("%d bytes: %s", len(text), text)
	}
	var back Status
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	s.Models = s.Models[:len(back.Models)]
	if diff := cmp.Diff(s, back); diff != "" || len(s.Models) < 5 {
		t.Error(len(s.Models), diff)
	}
	if err := json.Unmarshal([]byte(`{"closed":"x"}`), &back); err == nil {
		t.Error("nonsense is taken")
	}
}

// fill sets every number to the one with the most digits.
func fill(v reflect.Value) {
	if v.Kind() == reflect.Int64 {
		v.SetInt(math.MinInt64)
	}
	if v.Kind() == reflect.Struct {
		for i := range v.NumField() {
			fill(v.Field(i))
		}
	}
}
