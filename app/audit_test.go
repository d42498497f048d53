package app_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"

	"hindsight/app"
	"hindsight/app/audit"
	"hindsight/app/config"
	"hindsight/app/kafka"
)

// audit checks the laws on what is on the broker now.
func (s *stand) audit(cfg *config.Config) *audit.Report {
	s.t.Helper()
	client, err := kafka.Connect(s.t.Context(), cfg.Kafka, nil, s.broker.ClientOptions()...)
	if err != nil {
		s.t.Fatal(err)
	}
	defer client.Close()
	opts, err := kafka.Options(cfg.Kafka, nil, s.broker.ClientOptions()...)
	if err != nil {
		s.t.Fatal(err)
	}
	r, err := app.Audit(s.t.Context(), opts, kadm.NewClient(client), cfg, app.AuditOptions{Limit: 3})
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

// wantSound fails where a law is broken, or a note was left that is not expected.
func wantSound(t *testing.T, when string, r *audit.Report, notes ...string) {
	t.Helper()
	for _, v := range r.Laws {
		for _, x := range v.Shown {
			t.Errorf("%s: %s %s %v: %s", when, x.Rule, x.ID, x.At, x.Text)
		}
	}
	for _, n := range r.Notes {
		if !slices.ContainsFunc(notes, func(known string) bool { return strings.Contains(n, known) }) {
			t.Errorf("%s: note: %s", when, n)
		}
	}
}

// checked is how much of something an audit saw, under whichever law.
func checked(r *audit.Report, what string) (n int64) {
	for _, v := range r.Laws {
		n += v.Checked[what]
	}
	return n
}

// A sound system passes, at rest: all of it is looked at, and nothing is noted.
func TestAuditAtRest(t *testing.T) {
	s := newStand(t, restartLoans, 0)
	s.finish(t.TempDir())
	r := s.audit(s.config(t.TempDir()))
	wantSound(t, "at rest", r)
	for what, least := range map[string]int64{
		"events": restartLoans, "scores": restartLoans, "dead letters": 1, "labels": 5000, "labels forwarded": 100, "outcomes": restartLoans, "fates": 5000,
		"ticks": 200, "windows": 500, "changes": 1, "figures": 1, "memories": 1, "offsets": 10,
	} {
		if n := checked(r, what); n < least {
			t.Errorf("only %d %s were checked", n, what)
		}
	}
}

// A sound system passes while it runs, is stopped, loses its disk and goes on.
func TestAuditLive(t *testing.T) {
	s, dir := newStand(t, restartLoans, 30), t.TempDir()
	const stops = 3
	busy := 0
	for stop := range stops + 1 {
		ctx, cancel := context.WithCancel(t.Context())
		scores := int64(1000 * (stop + 1)) // a rebuild reads those of before again
		if stop == stops {
			scores = math.MaxInt64
		}
		a, done := s.open(dir, newCancelAfter(scores, cancel)), make(chan error, 1)
		go func() { done <- errors.Join(a.Run(ctx), a.Close()) }()
		for running := true; running; {
			r := s.audit(s.config(dir))
			wantSound(t, fmt.Sprintf("after %d stops, running", stop), r, "has committed nothing")
			if checked(r, "scores pending") > 0 {
				busy++
			}
			select {
			case err := <-done:
				if err != nil {
					t.Fatal(err)
				}
				running = false
			default:
			}
		}
		cancel()
		r := s.audit(s.config(dir))
		wantSound(t, fmt.Sprintf("after %d stops, at rest", stop), r, "has committed nothing")
		if checked(r, "scores pending") > 0 {
			busy++
		}
		if err := os.RemoveAll(filepath.Join(dir, "join")); err != nil {
			t.Fatal(err)
		}
		if stop == stops && checked(r, "scores") != restartLoans {
			t.Errorf("%d scores were checked at the end, want %d", checked(r, "scores"), restartLoans)
		}
	}
	t.Logf("%d audits of a system with work before it", busy)
	if busy == 0 {
		t.Error("the test did not meet what it is about")
	}
}

// TestLedgerImbalanceIsScraped spoils one commit by one record: a process that
// then runs says so on /metrics, the ledger and the audit say so, too.
func TestLedgerImbalanceIsScraped(t *testing.T) {
	s := newStand(t, 500, 0)
	dir := t.TempDir()
	s.finish(dir)
	cfg := s.config(dir)
	client, err := kafka.Connect(t.Context(), cfg.Kafka, nil, s.broker.ClientOptions()...)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	admin, group := kadm.NewClient(client), cfg.Kafka.StageGroup(config.StageScore)
	commits, err := admin.FetchOffsets(t.Context(), group)
	if err != nil {
		t.Fatal(err)
	}
	commit, spoiled := commits[cfg.Events.Topic][0].Offset, ""
	spoiled = regexp.MustCompile(`"read":(\d)`).ReplaceAllString(commit.Metadata, `"read":1$1`)
	if spoiled == commit.Metadata {
		t.Fatalf("the commit says nothing of what was read: %s", spoiled)
	}
	commit.Metadata = spoiled
	offsets := kadm.Offsets{}
	offsets.Add(commit)
	if err := admin.CommitAllOffsets(t.Context(), group, offsets); err != nil {
		t.Fatal(err)
	}
	if rules := s.audit(cfg).Broken(); !slices.Equal(rules, []string{"source-count", "source-sums"}) {
		t.Errorf("the audit finds %q", rules)
	}
	if l, err := app.ReadLedger(t.Context(), admin, cfg); err != nil || l.Imbalance == 0 || len(l.Faults()) == 0 {
		t.Errorf("the ledger is off by %d (%v)", l.Imbalance, err)
	}
	s.inputsEnd = nil
	a := s.open(dir)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- errors.Join(a.Run(ctx), a.Close()) }()
	off := regexp.MustCompile(`(?m)^hindsight_ledger_imbalance [1-9]`)
	for text := ""; !off.MatchString(text); text = scrape(t, a.Addr().String()) {
		select {
		case err := <-ended:
			t.Fatalf("the run ended: %v", err)
		default:
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
}
