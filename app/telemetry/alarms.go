package telemetry

import (
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"hindsight/schemas"
)

// The values of hindsight_alarm_state.
const (
	stateUnknown = -1
	stateOK      = 0
	statePending = 1
	stateFiring  = 2
)

// stalledAlarm is the alarm that says that stream time does not move.
const stalledAlarm = "stalled"

// alarmGauges show the state of each alarm. Versions share a series, and so do
// the segments in Other; the series shows the worst of them.
type alarmGauges struct {
	limit *segmentLimit
	state *prometheus.GaugeVec

	mu      sync.Mutex
	bad     map[alarmKey]map[member]memberState // members that are ok are not kept
	stalled string                              // the source that holds time
}

type alarmKey struct{ alarm, segment, severity string }

type member struct{ version, segment string }

type memberState = schemas.AlarmState

// ObserveAlarm shows a change of an alarm's state. Changes come in order.
func (m *Metrics) ObserveAlarm(a schemas.Alarm) { m.alarms.observe(a) }

// SetStalled says which source holds time while no tick is judged, "" once time
// moves again. While it does not, the alarm "stalled" fires with the segment
// source=SOURCE, and alarms that are not firing are unknown.
func (m *Metrics) SetStalled(source string) { m.alarms.setStalled(source) }

func (g *alarmGauges) observe(a schemas.Alarm) {
	g.mu.Lock()
	defer g.mu.Unlock()
	key := alarmKey{clean(a.Name), g.limit.label(a.Segment), clean(a.Severity)}
	members := g.bad[key]
	if members == nil {
		members = map[member]memberState{}
		g.bad[key] = members
	}
	who := member{a.Version, a.Segment}
	if a.State == schemas.OK || a.State == schemas.Resolved {
		delete(members, who)
	} else {
		members[who] = a.State
	}
	g.show(key)
}

func (g *alarmGauges) setStalled(source string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if source == g.stalled {
		return
	}
	if g.stalled != "" {
		g.state.DeleteLabelValues(stalledAlarm, stalledSegment(g.stalled), "page")
	}
	g.stalled = source
	if source != "" {
		g.state.WithLabelValues(stalledAlarm, stalledSegment(source), "page").Set(stateFiring)
	}
	for key := range g.bad {
		g.show(key)
	}
}

// show sets the series of key to the worst of its members: firing, then
// pending, then unknown, then ok.
func (g *alarmGauges) show(key alarmKey) {
	value := float64(stateOK)
	for _, state := range g.bad[key] {
		switch {
		case state == schemas.Firing:
			value = stateFiring
		case state == schemas.Pending && value != stateFiring:
			value = statePending
		case state == schemas.Unknown && value == stateOK:
			value = stateUnknown
		}
	}
	if g.stalled != "" && value != stateFiring {
		value = stateUnknown
	}
	g.state.WithLabelValues(key.alarm, key.segment, key.severity).Set(value)
}

func stalledSegment(source string) string { return clean("source=" + source) }
