package telemetry

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"hindsight/schemas"
)

// CountEvents adds n records that a stage (score, join, watch) read with this
// result (ok, dead_letter, …).
func (m *Metrics) CountEvents(stage, result string, n int) {
	m.events.WithLabelValues(clean(stage), clean(result)).Add(float64(n))
}

// CountScores adds n scores published by a version in a role (champion, challenger).
func (m *Metrics) CountScores(version, role string, n int) {
	m.scores.WithLabelValues(clean(version), clean(role)).Add(float64(n))
}

// CountDeadLetters adds n records that a stage set aside for a reason: an error
// class, never a message. Those of labels are counted as labels too.
func (m *Metrics) CountDeadLetters(stage, reason string, n int) {
	m.deadLetters.WithLabelValues(clean(stage), clean(reason)).Add(float64(n))
}

// CountLabels adds n labels of one fate; fates that stand on outcomes are
// counted by ObserveOutcome.
func (m *Metrics) CountLabels(fate schemas.Fate, n int) {
	m.labels.WithLabelValues(fate.String()).Add(float64(n))
}

// ObserveOutcome counts an outcome that was published: the score by its kind,
// the label by its fate, and the delay of the label where it is the first.
func (m *Metrics) ObserveOutcome(o *schemas.Outcome) {
	if o.Kind != schemas.NoKind {
		kind := o.Kind.String()
		if o.Revision > 1 {
			kind = "revision"
		}
		m.outcomes.WithLabelValues(kind).Inc()
	}
	if o.Fate == schemas.NoFate {
		return
	}
	m.labels.WithLabelValues(o.Fate.String()).Inc()
	if o.Fate == schemas.Used && o.LabelTime != schemas.Beginning && o.EventTime != schemas.Beginning {
		m.labelDelay.Observe(o.LabelTime.Sub(o.EventTime).Seconds())
	}
}

// ObserveScoreLatency adds the time from an event read to its score acknowledged.
func (m *Metrics) ObserveScoreLatency(d time.Duration) { m.scoreLatency.Observe(d.Seconds()) }

// SetPending sets how many scores wait for a label.
func (m *Metrics) SetPending(scores int64) { m.pending.Set(float64(scores)) }

// SetStateBytes sets the size of the local state.
func (m *Metrics) SetStateBytes(n int64) { m.stateBytes.Set(float64(n)) }

// SetLedgerImbalance sets by how many records the sums in the commits are off, 0 or more.
func (m *Metrics) SetLedgerImbalance(n int64) { m.imbalance.Set(float64(n)) }

// SetClock sets where one partition of events or labels stands. A source that
// has shown nothing yet has no series.
func (m *Metrics) SetClock(topic string, partition int32, at schemas.Instant) {
	setInstant(m.clocks, at, Source(topic, partition))
}

// SetClosedTick sets the last tick closed in a partition of scores.
func (m *Metrics) SetClosedTick(partition int32, tick schemas.Instant) {
	setInstant(m.ticks, tick, number(partition))
}

// SetLag sets how many records of a partition are not read yet.
func (m *Metrics) SetLag(topic string, partition int32, records int64) {
	m.lag.WithLabelValues(clean(topic), number(partition)).Set(float64(records))
}

// ForgetPartition takes back the lag of a partition that went to another member.
func (m *Metrics) ForgetPartition(topic string, partition int32) {
	m.lag.DeleteLabelValues(clean(topic), number(partition))
}

// ForgetClosedTick takes back the tick of a scores partition that went to
// another member, which reports it from then on.
func (m *Metrics) ForgetClosedTick(partition int32) { m.ticks.DeleteLabelValues(number(partition)) }

// Model is a version that answers.
type Model struct{ Version, Role, Digest string }

// SetModels replaces the versions that answer.
func (m *Metrics) SetModels(models ...Model) {
	m.model.Reset()
	for _, v := range models {
		m.model.WithLabelValues(clean(v.Version), clean(v.Role), clean(v.Digest)).Set(1)
	}
}

// Source names one partition of events or labels, as in the label source.
func Source(topic string, partition int32) string { return clean(topic + "/" + number(partition)) }

func setInstant(vec *prometheus.GaugeVec, at schemas.Instant, label string) {
	if at == schemas.Beginning || at == schemas.Forever {
		vec.DeleteLabelValues(label)
		return
	}
	vec.WithLabelValues(label).Set(float64(at) / 1e6)
}

func number(partition int32) string { return strconv.Itoa(int(partition)) }
