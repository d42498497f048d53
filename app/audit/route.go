package audit

import (
	"cmp"
	"slices"

	"hindsight/labels"
	"hindsight/schemas"
)

// route is what labels-rerouted says to one partition of scores.
type route struct {
	labels int64 // forwarded, below the committed offset
	lifts  map[sourceKey][]lift
	rules  []rules // by the offset that logged them
}

// lift says that records from a position on arrive no earlier than at.
type lift struct {
	position int64
	at       schemas.Instant
}

// rules are settings, and from when on they hold.
type rules struct {
	labels.Settings
	from schemas.Instant
}

func (a *Auditor) route(partition int32) *route {
	r := a.routes[partition]
	if r == nil {
		r = &route{lifts: map[sourceKey][]lift{}}
		a.routes[partition] = r
	}
	return r
}

// Rerouted takes one label that was forwarded, with its origin and arrival.
func (a *Auditor) Rerouted(at, origin Position, id string, arrival schemas.Instant) {
	a.checked(Records, "labels forwarded", 1)
	if origin.Topic != a.o.Topics.Labels {
		a.note("%s holds labels of %s, which is not configured: they were passed over", at.Topic, origin.Topic)
		return
	}
	a.placed(at, id)
	s := a.source(origin.Topic, origin.Partition)
	if !s.rerouted.add(origin.Offset) {
		if !a.o.AtLeastOnce {
			a.broken(Uniqueness, "label-forwarded-twice", id, at, "a second copy of %v", origin)
		}
	} else {
		a.moved(s, at.Partition, at, id, origin.Offset, arrival)
	}
	if c := a.joins[at.Partition]; c != nil && at.Offset < c.Rerouted {
		a.route(at.Partition).labels++
	}
}

// Lift takes one logged lift.
func (a *Auditor) Lift(partition int32, l *labels.Lift) {
	a.checked(Records, "lifts", 1)
	r := a.route(partition)
	for _, p := range l.Positions {
		k := sourceKey{p.Topic, p.Partition}
		r.lifts[k] = raised(r.lifts[k], lift{p.Offset, l.Value})
	}
}

// raised adds a step to stairs that rise in position and instant.
func raised(stairs []lift, l lift) []lift {
	i, _ := slices.BinarySearchFunc(stairs, l.position, func(x lift, position int64) int { return cmp.Compare(x.position, position) })
	if i > 0 && stairs[i-1].at >= l.at {
		return stairs
	}
	j := i
	for j < len(stairs) && stairs[j].at <= l.at {
		j++
	}
	if i == j && i < len(stairs) && stairs[i].position == l.position {
		return stairs
	}
	return slices.Replace(stairs, i, j, l)
}

// Settings takes one record of settings.
func (a *Auditor) Settings(partition int32, s labels.Settings) {
	a.checked(Records, "settings", 1)
	r := a.route(partition)
	from := s.From
	if n := len(r.rules); n > 0 {
		from = max(from, r.rules[n-1].from)
	}
	r.rules = append(r.rules, rules{s, from})
}

// arrival is when a record arrives for this partition, lifts considered.
func (r *route) arrival(k sourceKey, offset int64, arrival schemas.Instant) schemas.Instant {
	stairs := r.lifts[k]
	i, _ := slices.BinarySearchFunc(stairs, offset+1, func(l lift, position int64) int { return cmp.Compare(l.position, position) })
	if i > 0 {
		arrival = max(arrival, stairs[i-1].at)
	}
	return arrival
}

// after returns the first tick strictly after i, and the settings in force
// there; Forever and nil where none are known.
func (r *route) after(i schemas.Instant) (schemas.Instant, *rules) {
	for n := range r.rules {
		x := &r.rules[n]
		last := n+1 == len(r.rules)
		if !last && r.rules[n+1].from <= i {
			continue
		}
		tick := max(i, x.from).After(x.Tick)
		if last || tick <= r.rules[n+1].from {
			return tick, x
		}
	}
	return schemas.Forever, nil
}

// from returns the first tick at or after i.
func (r *route) from(i schemas.Instant) schemas.Instant {
	tick, _ := r.after(i - 1)
	return tick
}

// placed checks that a record keyed by event id lies where its id hashes to.
func (a *Auditor) placed(at Position, id string) {
	n := int32(len(a.extents[a.o.Topics.Scores]))
	if a.o.Place == nil || n == 0 {
		return
	}
	if want := a.o.Place([]byte(id), n); want != at.Partition {
		a.broken(Records, "record-misplaced", id, at, "the id belongs on partition %d", want)
	}
}
