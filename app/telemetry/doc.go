// Package telemetry owns the Prometheus metrics of the process, one method per
// thing that can happen, so that names, labels and their bounds stand in one
// place. All names begin with hindsight_:
//
//	events_total{stage,result}            records read by a stage, by what became of them
//	scores_total{version,role}            scores published
//	dead_letters_total{stage,reason}      records set aside
//	labels_total{bucket}                  labels by their fate
//	outcomes_total{kind}                  first outcomes of scores by kind, later ones as kind="revision"
//	pending_scores                        scores that wait for a label
//	state_bytes                           size of the local state
//	label_delay_seconds                   event time to label time, of labels used (native and classic histogram)
//	score_latency_seconds                 event read to score acknowledged (native and classic histogram)
//	window_metric{window,metric,version,segment}  newest window of sufficient coverage
//	window_coverage{window,version,segment}       of the same window
//	window_maturity{window,version,segment}       of the same window, where it is learnt
//	alarm_state{alarm,segment,severity}   -1 unknown, 0 ok or resolved, 1 pending, 2 firing
//	clock_timestamp_seconds{source}       stream time a source stands at
//	closed_tick_timestamp_seconds{partition}  last tick closed
//	ledger_imbalance                      by how many records the sums in the commits are off, without signs
//	model_info{version,role,digest}       1 for each version that answers
//	consumer_lag_records{topic,partition} records behind the end
//	segments_folded_total                 windows and alarms folded into segment "__other__"
//
// Label values come off topics: they are made valid and cut, and only the first
// SegmentLimit segments keep their name.
//
// It must not know Kafka, configuration or HTTP, and reads no clock.
package telemetry
