package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// faultsOf returns the faults of text, one a line, without the file's name.
func faultsOf(t *testing.T, text string) string {
	t.Helper()
	_, err := Parse([]byte(text), t.TempDir())
	var faults Faults
	if err == nil || !errors.As(err, &faults) {
		t.Fatalf("Parse(%q) = %v, want faults", text, err)
	}
	return strings.ReplaceAll(err.Error(), "config:", "")
}

func TestFaults(t *testing.T) {
	alarm := func(rest string) string {
		return "watch:\n  alarms:\n    - {name: x, metric: accuracy, window: day, " + rest + "}"
	}
	feed := func(rest string) string { return "watch: {alarms: [{name: f, feed: " + rest + "}]}" }
	theirs := "scores: {id: x, wire: single-object, schema: s.avsc, "
	events := "registry: {url: http://r}\nevents: {topic: e, id: id, "
	for _, c := range []struct{ text, want string }{
		{"kafka: 3", `1: kafka: "3": must be a section with brokers, group, delivery, commit_interval, instance, session_timeout, transaction_timeout, shutdown_timeout, tls and sasl`},
		{"[1]", "1: must be a mapping of the section with kafka,"},
		{"a: [1", "1: not YAML: "},
		{"a: 1\n---\nb: 2", " holds several YAML documents; write one"},
		{"labels: {horizon: 1d}\nlabels: {}", "2: labels: is given twice"},
		{"labels:\n  <<: {horizon: 1d}", "2: labels.<<: merge keys are not supported"},
		{"labels: {horizon: *h}", "no anchor &h stands before it"},
		{"watchh: {}", "1: watchh: unknown key; known here are kafka, registry, events, labels, scores, output, topics, model, state, memory, watch, notify and http; did you mean watch?"},
		{"kafka: {horizon: 1d}", "did you mean labels.horizon?"},
		{"kafka: {brokers: [localhost]}", `kafka.brokers[0]: "localhost": must be HOST:PORT`},
		{"kafka: {brokers: [\":9092\"]}", "must name a host"},
		{"kafka: {brokers: {a: b}}", "kafka.brokers: must be a list"},
		{"kafka: {brokers: [[a]]}", "kafka.brokers[0]: must be one word"},
		{"kafka: {group: [a]}", "kafka.group: must be one word or number"},
		{"kafka: {delivery: exactly_once}", `"exactly_once": allowed are exactly-once and at-least-once; did you mean exactly-once?`},
		{"kafka: {commit_interval: 0s}", `"0s": must be more than 0`},
		{"kafka: {session_timeout: 10ms}", `"10ms": must be 1s to 30m`},
		{"kafka: {transaction_timeout: 1h}", `"1h": must be 1s to 15m`},
		{"kafka: {shutdown_timeout: 0s}", `"0s": must be 1s to 1h`},
		{"kafka: {instance: a/b}", `"a/b": must be 1 to 249 of letters, digits, '.', '_' and '-'`},
		{"memory: {limit: 64MiB}", `"64MiB": must be at least 128MiB`},
		{"kafka: {tls: {cert: a.pem}}", "kafka.tls: cert and key go together"},
		{"kafka: {sasl: {mechanism: plain, user: u, password: p}}", `"plain": allowed are PLAIN,`},
		{"kafka: {sasl: {user: u}}", "kafka.sasl.mechanism: is required"},
		{"kafka: {sasl: {mechanism: PLAIN}}", "kafka.sasl.password: is required"},
		{"kafka: {sasl: {mechanism: PLAIN}}", "kafka.sasl.user: is required"},
		{"kafka: {sasl: {mechanism: OAUTHBEARER, user: u}}", "kafka.sasl.token: is required"},
		{"kafka: {sasl: {mechanism: OAUTHBEARER, user: u, token: t}}", "takes a token and neither user nor password"},
		{"kafka: {sasl: {mechanism: PLAIN, user: u, password: file:nowhere}}", "kafka.sasl.password: secret: "},
		{"registry: {url: r:8081}", `registry.url: "r:8081": must be a URL`},
		{"registry: {user: u, password: p}", "registry.url: is required"},
		{"registry: {url: http://r, user: u}", "registry: user and password go together"},
		{"events: {topic: e}", "events.wire: \"confluent\": needs registry.url"},
		{"events: {topic: e, wire: bare}", "events.schema: is required: the schema file for the wire bare"},
		{"labels: {topic: e, wire: single-object}", "labels.schema: is required"},
		{"output: {wire: confluent}", "output.wire: \"confluent\": needs registry.url"},
		{"output: {wire: bare}", "allowed are confluent and single-object"},
		{events + "id: x}", "events.id: is given twice"},
		{events + "time: 'a b'}", `events.time: "a b": must be the path of an Avro field`},
		{events + "segments: [a, a]}", `events.segments[1]: "a": is given twice`},
		{events + "segments: [a..b]}", "must be the path of an Avro field"},
		{events + "clock: recrod}", "did you mean record?"},
		{events + "max_skew: -1s}", "must be 0 or more"},
		{events + "max_bytes: 17MiB}", `"17MiB": must be more than 0 and at most 16MiB`},
		{events + "max_bytes: 1.5MiB}", "must be a whole number of bytes"},
		{events + "oldest: yesterday}", "must be a time as in 2026-11-23T00:00:00Z"},
		{"events: {topic: 'a b'}", "must be a topic name"},
		{"labels: {horizon: 0s}", `labels.horizon: "0s": must be more than 0`},
		{"labels: {horizon: 14}", `labels.horizon: "14": must be a duration with units`},
		{"labels: {horizon: 2d, early: 1d}", `labels.early: "1d": must be at least the longest horizon (2d)`},
		{"labels: {horizon: 2d, early: 3d, horizons: [{segment: {region: north}, horizon: 4d}]}\nevents: {segments: [region]}", `labels.early: "3d": must be at least the longest horizon (4d)`},
		{"labels: {horizons: [{segment: {regio: north}, horizon: 4d}]}\nevents: {segments: [region]}", `labels.horizons[0].segment.regio: must be one of events.segments; did you mean region?`},
		{"labels: {horizons: [{segment: {}, horizon: 0s}]}", `labels.horizons[0].horizon: "0s": must be more than 0, such as 30d`},
		{"labels: {horizons: [{horizon: 4d}]}", `labels.horizons[0].segment: is required: the fields whose scores wait by this horizon`},
		{"labels: {grace: -1d}", "labels.grace: \"-1d\": must be 0 or more"},
		{"labels: {idle_after: 0s}", "labels.idle_after"},
		{"labels: {clock: label_time}", "needs labels.time"},
		{"labels: {missing: assume}", "allowed are unlabelled and {assumed: CLASS}"},
		{"labels: {missing: {assumed: }}", "allowed are unlabelled and {assumed: CLASS}"},
		{"labels: {map: {a: }}", "labels.map.a: has no value"},
		{"labels: {map: {a: ''}}", "labels.map.a: must name a class"},
		{"labels: {map: [a]}", "labels.map: must be a mapping"},
		{"scores: {partitioner: murmur}", "did you mean murmur2?"},
		{"scores: {value: p}", "scores.id: is required: the field that holds the event's id, where another program writes"},
		{theirs + "}", "scores.value: is required"},
		{"scores: {id: x, value: p}", "scores.wire: \"confluent\": needs registry.url"},
		{"scores: {id: x, value: p, wire: bare}", "scores.schema: is required: the schema file for the wire bare"},
		{theirs + "value: p, classes: [a]}", "must be two, the positive one last"},
		{theirs + "value: p, classes: [a, b], positive: c}", "must be one of scores.classes (a, b)"},
		{theirs + "prediction: d, positive: a}", "scores.value: is required: the field that holds the probability of a"},
		{theirs + "value: p, threshold: 2}", "scores.threshold: \"2\": must be from 0 to 1"},
		{theirs + "value: p, max_skew: -1s}", "scores.max_skew: \"-1s\": must be 0 or more"},
		{theirs + "value: p, segments: [a, a]}", "scores.segments[1]: \"a\": is given twice"},
		{theirs + "value: p, model: a@b}", "must be a name without blanks"},
		{theirs + "value: p, segments: [a]}\nwatch: {alarms: [{name: x, metric: auc, window: day, above: 1, segments: [b]}]}", "must be one of scores.segments"},
		{"topics: {scores: outcomes}", `topics.outcomes: "outcomes": is the name of topics.scores too`},
		{"topics: {scores: ''}", "topics.scores: must not be empty"},
		{"model: {champion: elec}", "must be NAME@VERSION"},
		{"model: {challengers: [elec@2]}", "model.challengers: \"elec@2\": not yet supported"},
		{"model: {require: [golden, golden]}", "model.require[1]"},
		{"model: {require: [golden], keys: [signer.pem]}", "model.keys: are checked where model.require has signature"},
		{"http: {listen: 8080}", "must be HOST:PORT"},
		{"http: {listen: 'localhost:99999'}", "must be HOST:PORT"},
		{"notify: [{webhook: http://x}]", "notify: not yet supported"},
		{"watch: {slice: 10ms}", "watch.slice: \"10ms\": must be at least 1s"},
		{"watch: {tick: 999ms}", "watch.tick"},
		{"watch: {windows: [{size: 1h}]}", "watch.windows[0].name: is required"},
		{"watch: {windows: [{name: a}]}", "watch.windows[0].size: is required"},
		{"watch: {windows: [{name: a, size: 1h}, {name: a, size: 2h}]}", "watch.windows[1].name: \"a\": is the name of another window"},
		{"watch: {windows: [{name: a, size: 1h, slide: 25m}]}", "must divide the size (1h)"},
		{"watch: {windows: [{name: a, size: 1h, slide: 0s}]}", "slide: \"0s\": must be more than 0"},
		{"watch: {windows: [{name: a, size: 90s}]}", "must be a multiple of watch.slice (1m)"},
		{"watch: {windows: [{name: a, size: 1h, slide: 30s}]}", "slide: \"30s\": must be a multiple of watch.slice"},
		{"watch: {windows: [~]}", "watch.windows[0]: is empty"},
		{"watch: {metrics: [f1]}", `watch.metrics[0]: "f1": allowed are accuracy,`},
		{"watch: {detectors: [{name: adwin, stream: error, params: {delta: 0.002}}]}", "watch.detectors: not yet supported"},
		{alarm("below: 0.8, window: hour"), "watch.alarms[0].window: is given twice"},
		{"watch: {alarms: [{name: x, metric: auc, window: hour, above: 1}]}", `watch.alarms[0].window: "hour": there is day`},
		{feed("silent"), "watch.alarms[0].for: is required: how long scores go on without a label"},
		{feed("silent, for: 3d, window: day"), "watch.alarms[0].window: is not for feed: silent"},
		{"labels: {horizon: 1d}\n" + feed("silent, for: 3d"), `watch.alarms[0].for: "3d": must be at most horizon and grace together (2d)`},
		{feed("silence, for: 3d"), "did you mean silent?"},
		{feed("coverage, window: day, above: 0.5"), "above: is not for feed: coverage"},
		{feed("slow, window: day"), "watch.alarms[0].below: is required: how many of the labels"},
		{feed("slow, window: day, below: 0.7, for: 3d"), "for: is not for feed: slow"},
		{feed("slow, window: day, below: 0.7, min_labels: 0"), `min_labels: "0": must be at least 1`},
		{feed("slow, window: day, below: 0.7, after: 90d"), `after: "90d": must be from 0 to horizon and grace together`},
		{feed("orphans, window: day, above: 0.05"), `window: "day": is on the event clock, where a label without a score has no place; use one on the label clock, such as {name: labels, size: 1d, clock: label}`},
		{feed("orphans, window: day, below: 0.05"), "below: is not for feed: orphans"},
		{feed("conflicts, window: day, above: 5"), `above: "5": must be from 0 to 1`},
		{feed("conflicts, window: day, above: 0.1, clear: 0.2"), `clear: "0.2": must be at most above (0.1)`},
		{feed("conflicts, window: day, above: 0.1, after: 1h"), "after: is not for feed: conflicts"},
		{feed("conflicts, window: day"), "watch.alarms[0].above: is required: the share of labels"},
		{feed("coverage, below: 0.5"), "watch.alarms[0].window: is required"},
		{feed("coverage, window: day"), "watch.alarms[0].below: is required: the share of scores"},
		{feed("coverage, window: day, below: 50"), `below: "50": must be from 0 to 1`},
		{feed("coverage, window: day, below: 0.5, metric: auc"), "metric: is not for a rule on the label feed"},
		{"labels: {horizon: 1d}\n" + feed("coverage, window: day, below: 0.5, after: 9d"), `after: "9d": must be from 0 to horizon and grace together (2d)`},
		{feed("coverage, window: day, below: 0.5, min_scores: 0"), "min_scores: \"0\": must be at least 1"},
		{alarm("below: 0.8, for: 1h"), "watch.alarms[0].for: is not for a rule on a metric"},
		{alarm("severity: page"), "watch.alarms[0].below: is required: give below or above"},
		{alarm("below: 0.8, above: 0.9"), "one alarm has one bound"},
		{alarm("below: 0.8, clear: 0.7"), "must be at least below (0.8)"},
		{alarm("above: 0.8, clear: 0.9"), "must be at most above (0.8)"},
		{alarm("below: 80"), `below: "80": must be from 0 to 1`},
		{alarm("below: nan"), `below: "nan": must be a number`},
		{alarm("below: 0.8, confidence: 0.5"), "must be more than 0.5 and less than 1"},
		{alarm("below: 0.8, confidence: 1"), "must be more than 0.5 and less than 1"},
		{alarm("below: 0.8, min_coverage: 50"), "must be from 0 to 1"},
		{alarm("below: 0.8, min_labels: 0"), "must be at least 1"},
		{alarm("below: 0.8, min_labels: 1.5"), "must be a whole number"},
		{alarm("below: 0.8, min_maturity: 5"), "min_maturity: \"5\": must be from 0 to 1"},
		{"watch: {windows: [{name: learnt, size: 1h, clock: label}], alarms: [{name: x, metric: accuracy_weighted, window: learnt, below: 0.8}]}", "watch.alarms[0].metric: \"accuracy_weighted\": window learnt is on the label clock"},
		{"watch: {windows: [{name: learnt, size: 1h, clock: label}], alarms: [{name: x, metric: auc, window: learnt, below: 0.8, min_maturity: 0.5}]}", "watch.alarms[0].min_maturity: \"0.5\": window learnt is on the label clock"},
		{"watch: {mature: 0}", "watch.mature: \"0\": must be more than 0 and at most 1"},
		{alarm("below: 0.8, hold: -1s"), "hold: \"-1s\": must be 0 or more"},
		{alarm("below: 0.8, segments: [region]"), `segments[0]: "region": must be one of events.segments`},
		{"kafka: {group: ${HINDSIGHT_UNDEFINED}}", "kafka.group: ${HINDSIGHT_UNDEFINED} is not defined"},
		{"kafka: {group: '${A:-b}'}", `is not a reference to the environment`},
	} {
		if got := faultsOf(t, c.text); !strings.Contains(got, c.want) {
			t.Errorf("%s\n got %s\nwant %s", c.text, got, c.want)
		}
	}
}

// Every fault of one file is told, once, in the order of the lines.
func TestAllFaultsAtOnce(t *testing.T) {
	got := faultsOf(t, "kafka:\n  grop: x\n  commit_interval: soon\nevents:\n  id: a b\nlabels:\n  horizon: -1d\n  early: never\nhttp: {listen: x}\n")
	want := strings.Join([]string{
		"2: kafka.grop: unknown key; known here are brokers, group, delivery, commit_interval, instance, session_timeout, transaction_timeout, shutdown_timeout, tls and sasl; did you mean group?",
		`3: kafka.commit_interval: "soon": must be a duration with units, such as 14d, 1d12h, 90m, 30s or 100ms`,
		`5: events.id: "a b": must be the path of an Avro field, such as event_id or customer.region`,
		`7: labels.horizon: "-1d": must be more than 0, such as 14d`,
		`8: labels.early: "never": must be a duration with units, such as 14d, 1d12h, 90m, 30s or 100ms`,
		`9: http.listen: "x": must be HOST:PORT with a port from 0 to 65535`,
	}, "\n")
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// No fault shows a secret, however the file is wrong.
func TestFaultsKeepSecrets(t *testing.T) {
	const secret = "hunter2"
	t.Setenv("PASSWORD", secret)
	for _, text := range []string{
		"kafka: {sasl: {mechanism: PLAIN, password: hunter2}}",
		"kafka: {sasl: {mechanism: PLAIN, password: [hunter2]}}",
		"kafka: {sasl: {mechanism: PLAIN, pasword: hunter2}}",
		"kafka: {sasl: {mechanism: PLAIN, password: ${PASSWORD}}}",
		"kafka: {sasl: {password: hunter2\n",
		"kafka:\n  sasl:\n    password: hunter2: x\n",
		"registry: {url: http://u:hunter2@r}",
		"registry: {url: 'u:hunter2@r'}",
		"registry: {url: http://r, password: hunter2}",
	} {
		if got := faultsOf(t, text); strings.Contains(got, secret) {
			t.Errorf("%s\ntells the secret: %s", text, got)
		}
	}
}

func TestSecretFiles(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "password")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("first\n")
	cfg, err := Parse([]byte("registry: {url: http://r, user: u, password: file:password}"), dir)
	if err != nil {
		t.Fatal(err)
	}
	write("second\n")
	if got, err := cfg.Registry.Password.Reveal(); err != nil || got != "second" {
		t.Errorf("Reveal after the file changed = %q, %v, want second", got, err)
	}
	write("")
	if got, err := cfg.Registry.Password.Reveal(); err == nil {
		t.Errorf("Reveal of an empty file = %q, want an error", got)
	}
	if got, err := (Secret{path: dir}).Reveal(); err == nil {
		t.Errorf("Reveal of a folder = %q, want an error", got)
	}
}
