package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// result is what a round has shown.
type result struct {
	Round       uint64         `json:"round"`
	Kind        string         `json:"kind"`
	Delivery    string         `json:"delivery"`
	Events      int64          `json:"events"`
	Labels      int64          `json:"labels"`
	Outcomes    int            `json:"outcomes"`
	Firings     int            `json:"firings"`
	Faults      map[string]int `json:"faults"`       // that fell while records were under way
	Idle        map[string]int `json:"idle"`         // that fell while none were
	Exits       []exit         `json:"exits"`        // of programs, that nobody asked for or that were not clean
	LostMarkers int            `json:"lost_markers"` // of transactions, by a broker that was killed
	Tormented   float64        `json:"tormented_seconds"`
	Finished    float64        `json:"finished_seconds"`
	Seconds     float64        `json:"seconds"`
	Violations  map[string]int `json:"violations"` // by law
	Examples    []violation    `json:"examples,omitempty"`
	Error       string         `json:"error,omitempty"`
}

func (r *result) violated(all []violation) {
	r.Violations = map[string]int{}
	for _, v := range all {
		if r.Violations[v.Law]++; r.Violations[v.Law] <= 3 {
			r.Examples = append(r.Examples, v)
		}
	}
}

func (r *result) sum() (n int) {
	for _, v := range r.Violations {
		n += v
	}
	return n
}

// broken counts the violations of laws about records. That a program stands
// still or does not end is bad too, but it is not how a planted bug is to show.
func (r *result) broken() (n int) {
	for law, v := range r.Violations {
		if (violation{Law: law}).breaks() {
			n += v
		}
	}
	return n
}

func (r *result) String() string {
	text := fmt.Sprintf("round %3d %-8s %7d events %7d labels %7d outcomes %3d firings  %5.1f s (%.0f torment, %.0f finish)  faults: %s",
		r.Round, r.Kind, r.Events, r.Labels, r.Outcomes, r.Firings, r.Seconds, r.Tormented, r.Finished-r.Tormented, counts(r.Faults))
	if len(r.Idle) > 0 {
		text += "; while idle: " + counts(r.Idle)
	}
	if len(r.Exits) > 0 {
		text += "; ended by itself or badly: " + counts(ends(r.Exits))
	}
	if r.LostMarkers > 0 {
		text += fmt.Sprintf("; markers that the broker lost: %d", r.LostMarkers)
	}
	switch {
	case r.Error != "":
		text += "  ERROR " + r.Error
	case r.sum() > 0:
		text += fmt.Sprintf("  %d VIOLATIONS: %s", r.sum(), counts(r.Violations))
	default:
		text += "  0 violations"
	}
	return text
}

// ends counts exits by how they came.
func ends(exits []exit) map[string]int {
	m := map[string]int{}
	for _, e := range exits {
		m[e.How]++
	}
	return m
}

func counts(m map[string]int) string {
	var list []string
	for _, key := range slices.Sorted(maps.Keys(m)) {
		list = append(list, fmt.Sprintf("%s %d", key, m[key]))
	}
	if len(list) == 0 {
		return "none"
	}
	return strings.Join(list, ", ")
}
