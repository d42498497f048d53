package dashboard

import "hindsight/schemas"

// Episode is the life of one alarm: from pending or firing until it resolved
// or was withdrawn.
type Episode struct {
	Last  schemas.Alarm   // its last change
	Since schemas.Instant // when the bound was first passed
	Fired schemas.Instant // when it first fired; Forever: it never did
	Until schemas.Instant // when it ended; Forever: it goes on
}

// Episodes folds the changes of state into episodes, in order of their
// beginning. Changes that belong to no episode (ok to unknown and back) are
// left out.
func (s Snapshot) Episodes() []Episode {
	var all []Episode
	open := map[alarmKey]int{}
	for _, a := range s.Alarms {
		k := keyOf(a)
		i, going := open[k]
		if going && a.ID != "" && all[i].Last.ID != "" && a.ID != all[i].Last.ID {
			all[i].Until = a.At // the end of the former was not seen
			delete(open, k)
			going = false
		}
		switch {
		case a.State == schemas.Pending || a.State == schemas.Firing:
			if !going {
				i = len(all)
				open[k] = i
				all = append(all, Episode{Since: began(a), Fired: schemas.Forever, Until: schemas.Forever})
			}
			e := &all[i]
			e.Last = a
			if a.State == schemas.Firing && e.Fired == schemas.Forever {
				e.Fired = a.At
			}
		case !going:
		case a.State == schemas.Unknown && all[i].Fired != schemas.Forever:
			all[i].Last = a // no evidence is no reason to call it over
		default:
			all[i].Last, all[i].Until = a, a.At
			delete(open, k)
		}
	}
	return all
}

// Active returns the last change of every alarm whose episode goes on: pending,
// firing, or unknown since it fired; in order of their beginning.
func (s Snapshot) Active() []schemas.Alarm {
	var active []schemas.Alarm
	for _, e := range s.Episodes() {
		if e.Until == schemas.Forever {
			active = append(active, e.Last)
		}
	}
	return active
}

type alarmKey struct{ name, model, version, segment string }

func keyOf(a schemas.Alarm) alarmKey { return alarmKey{a.Name, a.Model, a.Version, a.Segment} }

func began(a schemas.Alarm) schemas.Instant {
	if a.Since == schemas.Beginning || a.Since == 0 || a.Since > a.At {
		return a.At
	}
	return a.Since
}
