package terminal

import (
	"fmt"
	"strings"

	"hindsight/dashboard"
	"hindsight/schemas"
)

// Line returns the state in one plain line without a newline.
func Line(s dashboard.Snapshot) string {
	parts := []string{
		s.StreamTime.String(),
		"events " + count(s.Events), "scores " + count(s.Scores), "labels " + count(s.LabelsRead),
		"pending " + count(s.Pending()),
	}
	if s.StreamTime == schemas.Beginning {
		parts[0] = "no stream time yet"
	}
	if share, ok := s.Coverage(); ok {
		parts = append(parts, "coverage "+percent(share))
	}
	if key, metric, ok := s.Headline(); ok {
		if w, ok := s.Judged(s.Series(key)); ok {
			parts = append(parts, metric+" "+value(dashboard.MetricOf(w, metric)))
		}
	}
	for _, a := range s.Active() {
		alarm := a.State.String() + ": " + a.Name
		if a.Segment != "" {
			alarm += " (" + a.Segment + ")"
		}
		parts = append(parts, alarm)
	}
	if s.Stalled != "" {
		parts = append(parts, "stalled: "+s.Stalled+" holds time")
	}
	return visible(strings.Join(parts, "  "))
}

// AlarmLine returns one change of an alarm in one plain line without a newline.
func AlarmLine(a schemas.Alarm) string {
	return fmt.Sprintf("%s  %s", a.At, visible(strings.TrimSpace(alarmRow(a)[1].text+" "+alarmRow(a)[2].text)))
}
