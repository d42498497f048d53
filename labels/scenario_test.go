package labels

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"hindsight/labels/store"
	"hindsight/schemas"
)

var rewrite = flag.Bool("rewrite", false, "write what the join does into the scenario files")

// TestScenarios runs testdata/*.scenario. A line is a command; the lines below
// it that begin with "=" are what it must print. Times count from the epoch.
//
//	settings tick=1m horizon=10m grace=5m early=10m conflict=latest missing=0 from=0s [field=value:30m]…
//	score ID at=30s [arrives=1m] [value=0.7] [predicts=1] [positive=1] [segment=field=value] [source=PARTITION]
//	label ID TRUTH arrives=2m [time=1m] [source=PARTITION] [offset=N] [rerouted]
//	lift to=5m topic:partition:offset…
//	close 20m      → outcomes and fates, in order
//	sums           → everything that was added to each cell so far
//	ledger
//	next
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("testdata/*.scenario")
	if err != nil || len(files) == 0 {
		t.Fatal("no scenarios", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".scenario"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := runScenario(t, text)
			if *rewrite {
				if err := os.WriteFile(file, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, have := strings.Split(string(text), "\n"), strings.Split(string(got), "\n")
			for i := range max(len(want), len(have)) {
				if i >= len(want) || i >= len(have) || want[i] != have[i] {
					t.Fatalf("%s:%d: want\n%s\ngot\n%s", file, i+1, text, got)
				}
			}
		})
	}
}

type scenario struct {
	t       *testing.T
	store   store.Store
	join    *Join
	printed []string
	offsets map[string]int64
	sums    map[string]*schemas.Sums
}

func runScenario(t *testing.T, text []byte) []byte {
	s := &scenario{t: t, store: store.NewMemory(), offsets: map[string]int64{}, sums: map[string]*schemas.Sums{}}
	s.open()
	var out bytes.Buffer
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		line := lines.Text()
		if strings.HasPrefix(line, "=") {
			continue
		}
		fmt.Fprintln(&out, line)
		words := strings.Fields(line)
		if len(words) == 0 || strings.HasPrefix(line, "#") {
			continue
		}
		s.printed = nil
		b := s.store.Begin()
		if err := s.do(b, words); err != nil {
			s.printed = append(s.printed, "error: "+err.Error())
		}
		if scores, labels := s.join.meta.Ledger.Imbalance(); scores != 0 || labels != 0 {
			t.Errorf("%s: %d scores and %d labels unaccounted for", line, scores, labels)
		}
		if err := s.join.Save(b); err != nil {
			t.Fatal(err)
		}
		if err := b.Commit(); err != nil {
			t.Fatal(err)
		}
		s.open() // everything comes from the store
		for _, p := range s.printed {
			fmt.Fprintln(&out, "= "+p)
		}
	}
	return out.Bytes()
}

func (s *scenario) open() {
	var err error
	s.join, err = Open(3, 8, s.store, Config{EventsTopic: "events", EventWidth: 5 * time.Minute, LabelWidth: time.Minute})
	if err != nil {
		s.t.Fatal(err)
	}
}

// options are the key=value words of a command, and what it names.
type options struct {
	t     *testing.T
	words []string
}

func (o options) text(key, or string) string {
	for _, w := range o.words {
		if v, ok := strings.CutPrefix(w, key+"="); ok {
			return v
		}
	}
	return or
}

func (o options) duration(key string) time.Duration {
	d, err := time.ParseDuration(o.text(key, "0s"))
	if err != nil {
		o.t.Fatal(o.words, err)
	}
	return d
}

func (o options) instant(key, or string) schemas.Instant {
	d, err := time.ParseDuration(o.text(key, o.text(or, "0s")))
	if err != nil {
		o.t.Fatal(o.words, err)
	}
	return schemas.Instant(0).Add(d)
}

func (o options) int(key string, or int64) int64 {
	n, err := strconv.ParseInt(o.text(key, fmt.Sprint(or)), 10, 64)
	if err != nil {
		o.t.Fatal(o.words, err)
	}
	return n
}

// take counts up the offset of a source or topic.
func (s *scenario) take(name string) int64 {
	s.offsets[name]++
	return s.offsets[name] - 1
}

func (s *scenario) do(b store.Batch, words []string) error {
	o := options{s.t, words}
	switch words[0] {
	case "settings":
		set := Settings{
			From: o.instant("from", "from"), Tick: o.duration("tick"), Horizon: o.duration("horizon"), Grace: o.duration("grace"),
			Early: o.duration("early"), Missing: o.text("missing", ""), Conflict: Policy(o.text("conflict", "latest")),
		}
		for _, w := range words {
			if segment, horizon, ok := strings.Cut(w, ":"); ok {
				field, value, _ := strings.Cut(segment, "=")
				set.Horizons = append(set.Horizons, SegmentHorizon{
					Segment: []schemas.Segment{{Field: field, Value: value}}, Horizon: options{s.t, []string{"h=" + horizon}}.duration("h"),
				})
			}
		}
		return s.join.AddSettings(b, set, s.take("rerouted"))
	case "score":
		return s.score(b, words[1], o)
	case "label":
		return s.label(b, words[1], words[2], o)
	case "lift":
		return s.lift(b, words[2:], o)
	case "close":
		gate := options{s.t, []string{"gate=" + words[1]}}.instant("gate", "")
		done, err := s.join.Close(b, gate, s)
		if !done && err == nil {
			s.t.Fatal("not done")
		}
		return err
	case "next":
		s.printed = append(s.printed, since(s.join.Next()))
	case "ledger":
		s.ledger()
	case "sums":
		for _, at := range slices.Sorted(maps.Keys(s.sums)) {
			if !s.sums[at].IsZero() {
				s.printed = append(s.printed, at+showSums(s.sums[at]))
			}
		}
	default:
		s.t.Fatalf("unknown command %q", words[0])
	}
	return nil
}

func (s *scenario) score(b store.Batch, id string, o options) error {
	value, err := strconv.ParseFloat(o.text("value", "0.75"), 64)
	if err != nil {
		s.t.Fatal(err)
	}
	partition := o.int("source", 0)
	score := schemas.Score{
		EventID: id, EventTime: o.instant("at", ""), Arrival: o.instant("arrives", "at"),
		SourcePartition: int32(partition), SourceOffset: s.take(fmt.Sprint("events-", partition)),
		Model: "m", Version: "1", Value: value, Prediction: o.text("predicts", "1"), Positive: o.text("positive", "1"),
	}
	if field, value, ok := strings.Cut(o.text("segment", ""), "="); ok {
		score.Segments = []schemas.Segment{{Field: field, Value: value}}
	}
	return s.join.AddScore(b, &score, s.take("scores"))
}

func (s *scenario) label(b store.Batch, id, truth string, o options) error {
	partition := o.int("source", 3)
	l := Label{
		EventID: id, Truth: truth, LabelTime: o.instant("time", "arrives"), Arrival: o.instant("arrives", ""),
		Topic: "labels", Partition: int32(partition), Offset: s.take(fmt.Sprint("labels-", partition)), Rerouted: -1,
	}
	if slices.Contains(o.words, "rerouted") {
		l.Rerouted = s.take("rerouted")
	}
	return s.join.AddLabel(b, &l)
}

func (s *scenario) lift(b store.Batch, positions []string, o options) error {
	l := Lift{Value: o.instant("to", ""), Offset: s.take("rerouted")}
	for _, p := range positions {
		parts := strings.Split(p, ":")
		partition, err := strconv.Atoi(parts[1])
		if err != nil {
			s.t.Fatal(err)
		}
		offset, err := strconv.ParseInt(parts[2], 10, 64)
		if err != nil {
			s.t.Fatal(err)
		}
		l.Positions = append(l.Positions, Position{parts[0], int32(partition), offset})
	}
	return s.join.AddLift(b, &l)
}

func (s *scenario) ledger() {
	l := s.join.Status().Ledger
	s.printed = append(s.printed,
		fmt.Sprintf("scores %d = matched %d + assumed %d + unlabelled %d + repeated %d + pending %d",
			l.Scores, l.Matched, l.Assumed, l.Unlabelled, l.Repeated, l.Pending),
		fmt.Sprintf("labels %d = used %d + same %d + revision %d + conflict %d + orphan %d + late %d + waiting %d",
			l.Labels, l.Used, l.SameAgain, l.Revision, l.Conflict, l.Orphan, l.TooLate, l.Waiting))
}
