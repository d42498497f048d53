package app

import (
	"maps"
	"slices"
	"strings"
	"time"

	"hindsight/drift/alarm"
	"hindsight/labels"
	"hindsight/schemas"
)

// dullFates count labels by the tick at which something became of them, when
// they arrived and what it was: NoFate as long as they wait.
type dullFates map[dullFate]int64

type dullFate struct {
	tick, start schemas.Instant
	fate        schemas.Fate
}

func (f dullFates) add(at dullFate, n int64) {
	if f[at] += n; f[at] == 0 {
		delete(f, at)
	}
}

// fates are those of the labels of one partition, which fall into slices so wide.
func (j *dullJoin) fates(width time.Duration) dullFates {
	all, fate := dullFates{}, map[labels.Position]schemas.Outcome{}
	for _, outcomes := range j.outcomes {
		for _, o := range outcomes {
			if o.Fate != schemas.NoFate {
				fate[labels.Position{Topic: o.LabelTopic, Partition: o.LabelPartition, Offset: o.LabelOffset}] = o
			}
		}
	}
	for _, l := range j.labels {
		came, start := l.Arrival.After(coreTick), l.Arrival.Floor(width)
		o, decided := fate[labels.Position{Topic: l.Topic, Partition: l.Partition, Offset: l.Offset}]
		if came > j.closed {
			continue
		}
		if !decided || o.Tick > came {
			all.add(dullFate{came, start, schemas.NoFate}, 1)
		}
		if decided && o.Tick > came {
			all.add(dullFate{o.Tick, start, schemas.NoFate}, -1)
		}
		if decided {
			all.add(dullFate{o.Tick, start, o.Fate}, 1)
		}
	}
	return all
}

// dullQuiet is a rule on silence for one segment.
type dullQuiet struct {
	state       schemas.AlarmState
	since, past schemas.Instant
	from, until schemas.Instant // of the silence so far, and of the last score; Beginning: none
	n           int64           // scores since
}

// listen moves the alarms of a rule on silence along.
func (d *dullWatch) listen(r *alarm.Rule, now schemas.Instant) {
	scored, labelled := map[string]int64{}, map[string]int64{}
	for _, x := range d.deltas[now] {
		if x.clock != schemas.EventClock {
			continue
		}
		if d.quiet[x.segment] == nil {
			d.quiet[x.segment] = &dullQuiet{past: schemas.Beginning, from: schemas.Beginning, until: schemas.Beginning}
		}
		scored[x.segment] += max(0, x.sums.Scored)
		labelled[x.segment] -= x.sums.Assumed
		for _, p := range x.sums.Pairs {
			labelled[x.segment] += max(0, p.N)
		}
	}
	for _, segment := range slices.Sorted(maps.Keys(d.quiet)) {
		q := d.quiet[segment]
		lasted := q.lasts()
		q.hear(r.For, scored[segment], labelled[segment], now)
		over := q.until == schemas.Beginning || now.Sub(q.until) >= d.config.Horizon+d.config.Grace
		past := !over && q.lasts() >= r.For
		if !past {
			q.past = schemas.Beginning
		} else if q.past == schemas.Beginning {
			q.past = now
		}
		next := q.next(past, over, labelled[segment], now.Sub(q.past) >= r.Hold)
		if next != q.state {
			if q.state == schemas.Unknown || q.state == schemas.OK {
				q.since = now
			}
			n, value := q.n, q.lasts().Seconds()
			if labelled[segment] > 0 {
				n = labelled[segment]
			}
			if next == schemas.Resolved {
				value = lasted.Seconds()
			}
			d.changes = append(d.changes, schemas.Alarm{
				ID: alarm.Identity(r.Name, "m", "", segment, q.since), Name: r.Name, State: next, Previous: q.state, At: now, Since: q.since,
				Severity: r.Severity, Model: "m", Segment: segment, Start: q.from, End: max(q.from, q.until),
				Metric: "label_silence", Value: value, Low: value, High: value, N: n, Bound: r.For.Seconds(),
			})
			if q.state = next; next == schemas.Resolved {
				q.state = schemas.OK
			}
			if over {
				q.state = schemas.Unknown
			}
		}
		if over && q.state == schemas.Unknown {
			delete(d.quiet, segment)
		}
	}
}

// hear takes what one instant brings; scores that begin after a pause begin a silence.
func (q *dullQuiet) hear(pause time.Duration, scored, labels int64, now schemas.Instant) {
	resumes := scored > 0 && (q.from == schemas.Beginning || q.until == schemas.Beginning || now.Sub(q.until) >= pause)
	if labels > 0 {
		q.from, q.n = now, 0
	} else if q.n += scored; resumes {
		q.from, q.n = now, scored
	}
	if scored > 0 {
		q.until = now
	}
}

func (q *dullQuiet) lasts() time.Duration {
	if q.from == schemas.Beginning || q.until < q.from {
		return 0
	}
	return q.until.Sub(q.from)
}

func (q *dullQuiet) next(past, over bool, labels int64, held bool) schemas.AlarmState {
	if q.state == schemas.Firing {
		if over || labels > 0 {
			return schemas.Resolved
		}
		return schemas.Firing
	}
	switch {
	case over:
		return schemas.Unknown
	case past && held:
		return schemas.Firing
	case past:
		return schemas.Pending
	case labels > 0 || q.state != schemas.Unknown:
		return schemas.OK
	}
	return schemas.Unknown
}

// feeds are the states of the rules on the feed that no history has shown, and must have.
func (m *coreMet) feeds() (missing []string) {
	for _, rule := range []string{"few", "quiet", "strays", "quarrels"} {
		for _, state := range []schemas.AlarmState{schemas.OK, schemas.Firing, schemas.Resolved} {
			if name := rule + " " + state.String(); m.feed[name] == 0 {
				missing = append(missing, name)
			}
		}
	}
	for name := range m.feed {
		if strings.HasPrefix(name, "slow ") { // no history is so long that the usual delay is learnt
			missing = append(missing, "no "+name)
		}
	}
	return missing
}
