package kafka

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"hindsight/consumer"
	"hindsight/schemas"
)

func TestPlacementOf(t *testing.T) {
	const n = 6
	placed := func(by consumer.Partitioner) []Labelled {
		var all []Labelled
		for i := range 200 {
			id := fmt.Appendf(nil, "event-%d", i)
			all = append(all, Labelled{id, by(id, n)})
		}
		return all
	}
	elsewhere := func([]byte, int32) int32 { return 1 }
	for _, c := range []struct {
		name, configured, want string
		by                     consumer.Partitioner
		explains               bool
	}{
		{"as configured", "murmur2", "murmur2", consumer.Murmur2, true},
		{"librdkafka", "murmur2", "crc32", consumer.CRC32, true},
		{"sarama", "murmur2", "fnv1a", consumer.FNV1a, true},
		{"another key", "crc32", "", elsewhere, false},
	} {
		got := PlacementOf(placed(c.by), n, c.configured)
		if got.Explains() != c.explains || c.explains && (got.Partitioner != c.want || got.Matching != 200) {
			t.Errorf("%s: %+v, want %s", c.name, got, c.want)
		}
	}
	if got := PlacementOf(placed(consumer.CRC32), 1, "fnv1a"); got.Partitioner != "fnv1a" {
		t.Errorf("with one partition, where all are equal: %s, want the one configured", got.Partitioner)
	}
	if (Placement{}).Explains() {
		t.Error("no labels explain something")
	}
}

func TestOneTimeScale(t *testing.T) {
	at := func(days int) schemas.Instant {
		return schemas.InstantOf(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, days))
	}
	span := func(from, to int) Span {
		var s Span
		s.Add(at(to))
		s.Add(at(from))
		return s
	}
	for _, c := range []struct {
		name           string
		config         string
		events, labels Span
		want           string // "": well
	}{
		{"labels follow", "", span(0, 30), span(2, 44), ""},
		{"labels of the last days only", "", span(0, 30), span(45, 45), ""},
		{"labels stamped at upload", "time: known", span(0, 30), span(300, 300), "labels begin at 2026-10-28T00:00:00Z, 270d after the last event (2026-01-31T00:00:00Z), and every one is too late; set labels.clock: label_time"},
		{"upload, no field", "", span(0, 30), span(300, 300), "name the field of their own time in labels.time"},
		{"wrong unit", "time: known, clock: label_time", span(0, 30), span(300, 300), "look at the field known in labels: is it in the unit"},
		{"events stamped at upload", "time: known", span(300, 301), span(0, 30), "labels end at 2026-01-31T00:00:00Z, 270d before the first event (2026-10-28T00:00:00Z), and every one is an orphan; set events.clock: event_time"},
		{"early labels", "", span(14, 30), span(0, 1), ""},
		{"nothing yet", "", Span{}, span(0, 1), ""},
	} {
		sep := ""
		if c.config != "" {
			sep = ", "
		}
		cfg := configOf(t, "registry: {url: http://r}\nevents: {time: at, clock: record}\nlabels: {horizon: 14d"+sep+c.config+"}")
		err := OneTimeScale(cfg, c.events, c.labels)
		if c.want == "" && err != nil || c.want != "" && (!errors.Is(err, ErrTimeScales) || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
}
