package app_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"hindsight/app"
	"hindsight/app/audit"
	"hindsight/app/config"
	"hindsight/app/kafka"
	"hindsight/schemas"
)

// capture runs a sound system to its end and keeps all that it left behind.
func capture(t *testing.T) *app.Captured {
	t.Helper()
	s := newStand(t, restartLoans, 0)
	s.tune = func(cfg *config.Config) { // an alarm that goes through its life
		rule := &cfg.Watch.Alarms[0]
		below, clear := 0.93, 0.93
		rule.Below, rule.Clear, rule.MinLabels, rule.MinCoverage, rule.Confidence = &below, &clear, 10, 0.1, 0.2
	}
	s.finish(t.TempDir())
	cfg := s.config(t.TempDir())
	client, err := kafka.Connect(t.Context(), cfg.Kafka, nil, s.broker.ClientOptions()...)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	opts, err := kafka.Options(cfg.Kafka, nil, s.broker.ClientOptions()...)
	if err != nil {
		t.Fatal(err)
	}
	c, err := app.Capture(t.Context(), opts, kadm.NewClient(client), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// tampering is one thing that is wrong in an otherwise sound system.
type tampering struct {
	name string
	do   func(*testing.T, *app.Captured)
	want []string // the rules that must be told as broken
}

func anyRecord(*kgo.Record) bool { return true }

func delete1(topic string, is func(*testing.T) func(*kgo.Record) bool) func(*testing.T, *app.Captured) {
	return func(t *testing.T, c *app.Captured) {
		p, i := c.Find(t, topic, is(t))
		c.Delete(topic, p, i)
	}
}

func repeat1(topic string, is func(*testing.T) func(*kgo.Record) bool) func(*testing.T, *app.Captured) {
	return func(t *testing.T, c *app.Captured) {
		p, i := c.Find(t, topic, is(t))
		c.Append(c.Records[topic][p][i], p)
	}
}

func whatever(*testing.T) func(*kgo.Record) bool { return anyRecord }

func outcome(is func(*schemas.Outcome) bool) func(*testing.T) func(*kgo.Record) bool {
	return func(t *testing.T) func(*kgo.Record) bool { return app.Is[schemas.Outcome](t, is) }
}

func alarmIn(states ...schemas.AlarmState) func(*testing.T) func(*kgo.Record) bool {
	return func(t *testing.T) func(*kgo.Record) bool {
		return app.Is[schemas.Alarm](t, func(a *schemas.Alarm) bool { return slices.Contains(states, a.State) })
	}
}

func firstDecision(o *schemas.Outcome) bool { return o.Revision == 1 && o.Kind == schemas.Matched }
func laterRevision(o *schemas.Outcome) bool { return o.Revision == 2 && o.PreviousTruth != "" }

// TestAuditFindsTampering changes one record or commit of a sound system, in
// every way that a broken stage would: each is found and named.
func TestAuditFindsTampering(t *testing.T) {
	sound := capture(t)
	wantSound(t, "untouched", sound.Audit(t))
	found := 0
	for _, tt := range slices.Concat(lost(), twice(), altered(), committed()) {
		t.Run(tt.name, func(t *testing.T) {
			c := sound.Copy()
			tt.do(t, c)
			r := c.Audit(t)
			for _, rule := range tt.want {
				if !slices.Contains(r.Broken(), rule) {
					t.Errorf("%s is not told, but %q", rule, r.Broken())
				}
			}
			for _, v := range r.Laws {
				for _, x := range v.Shown {
					t.Logf("%s: %s %s %v: %s", v.Law, x.Rule, x.ID, x.At, x.Text)
				}
			}
			found++
		})
	}
	t.Logf("%d kinds of tampering", found)
	wantSound(t, "untouched, after all", sound.Audit(t))
}

func lost() []tampering {
	return []tampering{
		{"a score is lost", delete1("scores", whatever), []string{"event-lost", "outcome-unknown", "ledger-scores", "source-count"}},
		{"a dead letter is lost", delete1("dead-letters", whatever), []string{"event-lost", "source-count"}},
		{"an event is not there", delete1("events", whatever), []string{"event-unknown", "source-count"}},
		{"a label is not there", delete1("labels", whatever), []string{"label-unknown", "source-count"}},
		{"a forwarded label is lost", delete1("labels-rerouted", func(*testing.T) func(*kgo.Record) bool {
			return func(r *kgo.Record) bool { return len(r.Key) > 0 }
		}), []string{"ledger-labels", "source-count"}},
		{"a decision is lost", delete1("outcomes", outcome(firstDecision)), []string{"ledger-outcomes", "ledger-fates", "label-lost", "score-undecided", "slices-differ"}},
		{"a giving up is lost", delete1("outcomes", outcome(func(o *schemas.Outcome) bool { return o.Kind == schemas.Unlabelled })), []string{"slices-differ"}},
		{"a fate is lost", delete1("outcomes", outcome(func(o *schemas.Outcome) bool { return o.Kind == schemas.NoKind })), []string{"ledger-fates", "label-lost"}},
		{"a retraction is lost", delete1("outcomes", outcome(laterRevision)), []string{"ledger-fates", "slices-differ"}},
		{"a slice is lost", delete1("slices", func(t *testing.T) func(*kgo.Record) bool {
			return app.Is[schemas.Slice](t, func(s *schemas.Slice) bool {
				return slices.ContainsFunc(s.Cells, func(x schemas.Cell) bool { return x.Clock == schemas.EventClock && x.Scored > 0 }) &&
					slices.ContainsFunc(s.Cells, func(x schemas.Cell) bool { return x.Lossy > 0 })
			})
		}), []string{"slices-differ", "slices-differ-scored", "window-differs"}},
		{"a closing record is lost", func(t *testing.T, c *app.Captured) {
			p, _ := c.Find(t, "slices", anyRecord)
			c.Delete("slices", p, len(c.Records["slices"][p])-1)
		}, []string{"closing-record-lost", "judged-before-closed"}},
		{"a revision of a window is lost", delete1("windows", func(t *testing.T) func(*kgo.Record) bool {
			return app.Is[schemas.Window](t, func(w *schemas.Window) bool { return w.Revision == 2 })
		}), []string{"window-gap"}},
		{"the beginning of an alarm is lost", delete1("alarms", alarmIn(schemas.Pending)), []string{"alarm-episode"}},
		{"the end of an alarm is lost", delete1("alarms", alarmIn(schemas.Resolved)), []string{"alarm-lost"}},
		{"the last change of an alarm is lost", func(t *testing.T, c *app.Captured) {
			p, _ := c.Find(t, "alarms", anyRecord)
			c.Delete("alarms", p, len(c.Records["alarms"][p])-1)
		}, []string{"alarm-lost"}},
		{"the last memory of WATCH is lost", func(t *testing.T, c *app.Captured) {
			p, _ := c.Find(t, "watch-state", anyRecord)
			c.Delete("watch-state", p, len(c.Records["watch-state"][p])-1)
		}, []string{"watch-state-behind"}},
	}
}

func twice() []tampering {
	return []tampering{
		{"an event is scored twice", repeat1("scores", whatever), []string{"event-scored-twice"}},
		{"a dead letter is there twice", repeat1("dead-letters", whatever), []string{"dead-letter-twice"}},
		{"an outcome is there twice", repeat1("outcomes", outcome(firstDecision)), []string{"outcome-twice"}},
		{"a retraction is made twice", repeat1("outcomes", outcome(laterRevision)), []string{"outcome-twice"}},
		{"a fate is there twice", repeat1("outcomes", outcome(func(o *schemas.Outcome) bool { return o.Kind == schemas.NoKind })), []string{"label-two-fates", "ledger-fates"}},
		{"a label is forwarded twice", repeat1("labels-rerouted", func(*testing.T) func(*kgo.Record) bool {
			return func(r *kgo.Record) bool { return len(r.Key) > 0 }
		}), []string{"label-forwarded-twice"}},
		{"a slice is there twice", repeat1("slices", whatever), []string{"slice-twice"}},
		{"a window is there twice", repeat1("windows", whatever), []string{"window-twice"}},
		{"an alarm is repeated", func(t *testing.T, c *app.Captured) {
			p, _ := c.Find(t, "alarms", anyRecord)
			c.Append(c.Records["alarms"][p][len(c.Records["alarms"][p])-1], p)
		}, []string{"alarm-repeated"}},
		{"a memory of WATCH is repeated", repeat1("watch-state", whatever), []string{"watch-state-twice"}},
		{"a score and a dead letter of one event", func(t *testing.T, c *app.Captured) {
			p, i := c.Find(t, "dead-letters", anyRecord)
			q, j := c.Find(t, "scores", app.Is[schemas.Score](t, func(s *schemas.Score) bool { return s.SourcePartition == p }))
			letter := *c.Records["dead-letters"][p][i]
			app.Rewrite(t, c, "scores", q, j, func(s *schemas.Score) {
				for _, h := range letter.Headers {
					if h.Key == "hindsight.error.offset" {
						s.SourceOffset = 0
						for _, digit := range h.Value {
							s.SourceOffset = 10*s.SourceOffset + int64(digit-'0')
						}
					}
				}
			})
		}, []string{"event-two-ends", "event-lost"}},
	}
}

// rewrite1 changes one record that is of a kind.
func rewrite1[T any, P interface {
	*T
	DecodeAvro([]byte) error
	AppendAvro([]byte) []byte
}](topic string, is func(P) bool, change func(P)) func(*testing.T, *app.Captured) {
	return func(t *testing.T, c *app.Captured) {
		p, i := c.Find(t, topic, app.Is[T, P](t, is))
		app.Rewrite[T, P](t, c, topic, p, i, change)
	}
}

func altered() []tampering {
	hasCells := func(s *schemas.Slice) bool { return len(s.Cells) > 0 }
	final := func(w *schemas.Window) bool { return w.State == schemas.Final && w.Labelled > 0 }
	return []tampering{
		{"a score that is no score", func(t *testing.T, c *app.Captured) {
			p, i := c.Find(t, "scores", anyRecord)
			r := *c.Records["scores"][p][i]
			r.Value = r.Value[:len(r.Value)/2]
			c.Records["scores"][p][i] = &r
		}, []string{"record-unreadable"}},
		{"a score on another partition", func(t *testing.T, c *app.Captured) {
			p, i := c.Find(t, "scores", anyRecord)
			r := c.Records["scores"][p][i]
			c.Delete("scores", p, i)
			c.Append(r, (p+1)%4)
		}, []string{"record-misplaced"}},
		{"an outcome with another value", rewrite1("outcomes", firstDecision, func(o *schemas.Outcome) { o.Value /= 2 }), []string{"outcome-differs"}},
		{"an outcome with another truth", rewrite1("outcomes", firstDecision, func(o *schemas.Outcome) { o.Truth = "2" }), []string{"slices-differ"}},
		{"an outcome that forgets the truth before", rewrite1("outcomes", laterRevision, func(o *schemas.Outcome) { o.PreviousTruth = o.Truth }), []string{"truth-chain"}},
		{"a revision that is skipped", rewrite1("outcomes", laterRevision, func(o *schemas.Outcome) { o.Revision = 3 }), []string{"revision-gap"}},
		{"a decision at another tick", rewrite1("outcomes", firstDecision, func(o *schemas.Outcome) { o.Tick = o.Tick.Add(-24 * 3600e9) }), []string{"slices-differ", "tick-went-back"}},
		{"a fate that contradicts its kind", rewrite1("outcomes", firstDecision, func(o *schemas.Outcome) { o.Fate = schemas.TooLate }), []string{"fate-contradicts", "ledger-fates"}},
		{"a slice with another count", rewrite1("slices", hasCells, func(s *schemas.Slice) { s.Cells[0].Scored++ }), []string{"window-differs"}},
		{"a slice with another loss", rewrite1("slices", func(s *schemas.Slice) bool { return len(s.Cells) > 0 && s.Cells[0].Lossy != 0 },
			func(s *schemas.Slice) { s.Cells[0].LossSum++ }), []string{"slices-differ"}},
		{"a slice with another label", rewrite1("slices", func(s *schemas.Slice) bool { return len(s.Fates) > 0 },
			func(s *schemas.Slice) { s.Fates[0].N++ }), []string{"slices-differ-fates"}},
		{"a window with another count", rewrite1("windows", final, func(w *schemas.Window) { w.Labelled-- }), []string{"window-differs"}},
		{"a window with another figure", rewrite1("windows", final, func(w *schemas.Window) { w.Metrics[0].Value += 1e-6 }), []string{"window-differs"}},
		{"a figure of nothing", rewrite1("windows", final, func(w *schemas.Window) { w.Metrics[0].N = 0 }), []string{"figure-of-nothing"}},
		{"an alarm with another figure", rewrite1("alarms", func(a *schemas.Alarm) bool { return a.State == schemas.Firing }, func(a *schemas.Alarm) { a.Value += 0.01 }), []string{"alarm-differs"}},
		{"an alarm of another identity", rewrite1("alarms", func(a *schemas.Alarm) bool { return a.State == schemas.Firing }, func(a *schemas.Alarm) { a.ID = "0123" }), []string{"alarm-identity", "alarm-episode"}},
		{"an alarm that jumps", rewrite1("alarms", func(a *schemas.Alarm) bool { return a.State == schemas.Resolved }, func(a *schemas.Alarm) { a.State = schemas.Pending }), []string{"alarm-illegal"}},
	}
}

func committed() []tampering {
	source := func(topic string, change func(*audit.SourceCommit)) func(*testing.T, *app.Captured) {
		return func(t *testing.T, c *app.Captured) {
			for i := range c.State.Sources {
				if s := &c.State.Sources[i]; s.Topic == topic && s.Read > 0 {
					change(s)
					return
				}
			}
			t.Fatal("no such commit")
		}
	}
	join := func(change func(*audit.JoinCommit)) func(*testing.T, *app.Captured) {
		return func(_ *testing.T, c *app.Captured) { change(&c.State.Joins[0]) }
	}
	watch := func(change func(*audit.WatchCommit)) func(*testing.T, *app.Captured) {
		return func(t *testing.T, c *app.Captured) {
			for i := range c.State.Watches {
				if w := &c.State.Watches[i]; w.Judged != schemas.Beginning && w.Judged != schemas.Forever {
					change(w)
					return
				}
			}
			t.Fatal("no such commit")
		}
	}
	return []tampering{
		{"scores without their offset", source("events", func(s *audit.SourceCommit) { s.Offset -= 50 }), []string{"source-count"}},
		{"an offset without its counts", source("events", func(s *audit.SourceCommit) { s.Read-- }), []string{"source-count", "source-sums"}},
		{"an offset beyond the end", source("labels", func(s *audit.SourceCommit) { s.Offset += 1000 }), []string{"offset-beyond-end"}},
		{"a clock that went ahead", source("events", func(s *audit.SourceCommit) { s.Clock++ }), []string{"clock-committed"}},
		{"labels without their counts", source("labels", func(s *audit.SourceCommit) { s.InPlace-- }), []string{"source-sums"}},
		{"JOIN's offset without its state", join(func(j *audit.JoinCommit) { j.Ledger.Scores -= 5; j.Ledger.Matched -= 5 }), []string{"ledger-scores", "ledger-outcomes"}},
		{"a ledger that does not add up", join(func(j *audit.JoinCommit) { j.Ledger.Pending++ }), []string{"ledger-imbalance"}},
		{"labels in another bucket", join(func(j *audit.JoinCommit) { j.Ledger.Used--; j.Ledger.Waiting++ }), []string{"ledger-fates", "label-lost"}},
		{"a floor beyond the offset", join(func(j *audit.JoinCommit) { j.Floors.Scores = j.Scores + 1 }), []string{"floor-beyond-offset"}},
		{"a partition that is not there", join(func(j *audit.JoinCommit) { j.Partition = 77 }), []string{"partition-unknown"}},
		{"WATCH is ahead of the slices it read", watch(func(w *audit.WatchCommit) { w.Judged = w.Judged.Add(30 * 24 * 3600e9) }), []string{"judged-before-closed"}},
		{"WATCH's offset without its state", watch(func(w *audit.WatchCommit) { w.Judged = w.Judged.Add(-30 * 24 * 3600e9) }), []string{"judged-behind"}},
		{"WATCH's floor beyond its offset", watch(func(w *audit.WatchCommit) { w.Floor = w.Offset + 1 }), []string{"floor-beyond-offset"}},
	}
}

// TestAuditForgivesRetention deletes the beginnings of topics, as a retention
// does: what is left is sound, and the notes say from where it was checked.
func TestAuditForgivesRetention(t *testing.T) {
	sound := capture(t)
	topics := []string{"events", "labels", "scores", "outcomes", "labels-rerouted", "slices", "windows", "alarms", "watch-state", "dead-letters"}
	rng, figures := rand.New(rand.NewPCG(1, 2)), int64(0)
	for try := range 60 {
		c, what := sound.Copy(), ""
		for _, topic := range topics {
			if try >= len(topics) && rng.IntN(2) == 0 || try < len(topics) && topics[try] != topic {
				continue
			}
			what += " " + topic
			share := rng.Float64() * 1.1
			for p := range int32(4) {
				if rng.IntN(4) > 0 {
					c.Trim(topic, p, int(share*float64(len(c.Records[topic][p]))))
				}
			}
		}
		r := c.Audit(t)
		for _, v := range r.Laws {
			for _, x := range v.Shown {
				t.Errorf("without the beginning of%s: %s %s %v: %s", what, x.Rule, x.ID, x.At, x.Text)
			}
		}
		figures += checked(r, "windows") + checked(r, "ticks")
		if t.Failed() {
			break
		}
	}
	if figures == 0 {
		t.Error("nothing was compared")
	}
}

// TestAuditForgivesRepetition says records again that at-least-once may repeat.
func TestAuditForgivesRepetition(t *testing.T) {
	c := capture(t).Copy()
	c.AtLeastOnce()
	for _, topic := range []string{"scores", "outcomes", "labels-rerouted", "slices", "windows", "alarms", "dead-letters"} {
		p, i := c.Find(t, topic, anyRecord)
		c.Append(c.Records[topic][p][i], p)
	}
	wantSound(t, "at least once", c.Audit(t))
}
