package telemetry

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

const namespace = "hindsight"

// Metrics are the metrics of one process. Its methods may be called from many
// goroutines.
type Metrics struct {
	events      *prometheus.CounterVec
	scores      *prometheus.CounterVec
	deadLetters *prometheus.CounterVec
	labels      *prometheus.CounterVec
	outcomes    *prometheus.CounterVec

	pending    prometheus.Gauge
	stateBytes prometheus.Gauge
	imbalance  prometheus.Gauge

	labelDelay   prometheus.Histogram
	scoreLatency prometheus.Histogram

	clocks *prometheus.GaugeVec
	ticks  *prometheus.GaugeVec
	lag    *prometheus.GaugeVec
	model  *prometheus.GaugeVec

	recovery *prometheus.GaugeVec
	rebuilds *prometheus.CounterVec

	windows windowGauges
	alarms  alarmGauges
}

// New registers the metrics with reg. Registering them twice with the same reg
// is a programming error and panics, as prometheus.MustRegister does.
func New(reg prometheus.Registerer) *Metrics {
	make := promauto.With(reg)
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return make.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, labels)
	}
	gauges := func(name, help string, labels ...string) *prometheus.GaugeVec {
		return make.NewGaugeVec(prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help}, labels)
	}
	gauge := func(name, help string) prometheus.Gauge {
		return make.NewGauge(prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help})
	}
	limit := newSegmentLimit(SegmentLimit, make.NewCounter(prometheus.CounterOpts{
		Namespace: namespace, Name: "segments_folded_total",
		Help: `Windows and alarms of segments beyond the limit, folded into segment "__other__".`}))

	return &Metrics{
		events:      counter("events_total", "Records read by a stage, by what became of them.", "stage", "result"),
		scores:      counter("scores_total", "Scores published, by version and role.", "version", "role"),
		deadLetters: counter("dead_letters_total", "Records set aside, by stage and reason.", "stage", "reason"),
		labels:      counter("labels_total", "Labels by their fate.", "bucket"),
		outcomes:    counter("outcomes_total", `First outcomes of scores by kind; corrections count as kind "revision".`, "kind"),

		pending:    gauge("pending_scores", "Scores that wait for their label."),
		stateBytes: gauge("state_bytes", "Size of the local state on disk."),
		imbalance:  gauge("ledger_imbalance", "By how many records the sums in the commits are off, each source and partition without its sign; 0 when all add up."),

		labelDelay:   make.NewHistogram(labelDelayOpts()),
		scoreLatency: make.NewHistogram(scoreLatencyOpts()),

		clocks: gauges("clock_timestamp_seconds", "Stream time at which a source of events or labels stands.", "source"),
		ticks:  gauges("closed_tick_timestamp_seconds", "Last tick of stream time closed in a partition of scores.", "partition"),
		lag:    gauges("consumer_lag_records", "Records between the committed position and the end of a partition.", "topic", "partition"),
		model:  gauges("model_info", "1 for each model version that answers.", "version", "role", "digest"),

		recovery: gauges("recovery_records", "Records that the recovery of a partition reads or applies again, done so far and in total; no series where none runs.", "stage", "partition", "count"),
		rebuilds: counter("state_rebuilds_total", "Partitions whose local state was of no use and was rebuilt from Kafka, by reason.", "reason"),

		windows: windowGauges{
			limit:    limit,
			newest:   map[windowKey]windowEntry{},
			folded:   map[windowKey]*foldedWindow{},
			metric:   gauges("window_metric", "Metric of the newest judged window that has labels.", "window", "metric", "version", "segment"),
			coverage: gauges("window_coverage", "Share of its scores that have a label, of the newest judged window that has labels.", "window", "version", "segment"),
			maturity: gauges("window_maturity", "Share of the labels to come that should be in, of the newest judged window that has labels.", "window", "version", "segment"),
		},
		alarms: alarmGauges{
			limit: limit,
			bad:   map[alarmKey]map[member]memberState{},
			state: gauges("alarm_state", "State of an alarm: -1 unknown, 0 ok or resolved, 1 pending, 2 firing; the worst where several share the labels.", "alarm", "segment", "severity"),
		},
	}
}

// labelDelayOpts: labels come after seconds (clicks) or after months (defaults).
func labelDelayOpts() prometheus.HistogramOpts {
	const day = 24 * 60 * 60
	return histogram("label_delay_seconds", "From the time of an event to the time of the label that was used for it.",
		[]float64{1, 10, 60, 300, 900, 3600, 3 * 3600, 6 * 3600, 12 * 3600, day, 2 * day, 3 * day, 5 * day, 7 * day, 14 * day, 30 * day, 60 * day, 90 * day})
}

func scoreLatencyOpts() prometheus.HistogramOpts {
	return histogram("score_latency_seconds", "From an event read to its score acknowledged.",
		[]float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30})
}

// histogram has classic buckets for servers that scrape no native ones, and
// bounds the native ones, whose number an input could otherwise drive up.
func histogram(name, help string, buckets []float64) prometheus.HistogramOpts {
	return prometheus.HistogramOpts{
		Namespace: namespace, Name: name, Help: help, Buckets: buckets,
		NativeHistogramBucketFactor: 1.1, NativeHistogramMaxBucketNumber: 160, NativeHistogramMinResetDuration: time.Hour,
	}
}
