package config

import "time"

// The values of Events.Wire, Labels.Wire, Scores.Wire and, but for Bare, Output.Wire.
const (
	Confluent    = "confluent"
	SingleObject = "single-object"
	Bare         = "bare"
)

// The values of Events.Clock, Labels.Clock and Scores.Clock.
const (
	EventTimeClock = "event_time" // events and scores
	LabelTimeClock = "label_time" // labels only
	RecordClock    = "record"
)

// Events describes the topic that SCORE reads.
type Events struct {
	Topic    string        `yaml:"topic" kind:"topic"`
	Wire     string        `yaml:"wire" default:"confluent" allowed:"confluent|single-object|bare"`
	Schema   string        `yaml:"schema" kind:"path"`
	ID       string        `yaml:"id" kind:"field"`
	Time     string        `yaml:"time" kind:"field"` // "": the record's timestamp
	Segments []string      `yaml:"segments" kind:"field"`
	Clock    string        `yaml:"clock" default:"event_time" allowed:"event_time|record"`
	MaxSkew  time.Duration `yaml:"max_skew" default:"10m"`
	MaxBytes Size          `yaml:"max_bytes" default:"1MiB"`
	Oldest   time.Time     `yaml:"oldest"` // zero: none
}

// The values of Labels.Conflict.
const (
	Latest   = "latest"
	First    = "first"
	Majority = "majority"
)

// Labels describes the topic of the ground truth and how JOIN waits for it.
type Labels struct {
	Topic     string            `yaml:"topic" kind:"topic"`
	Wire      string            `yaml:"wire" default:"confluent" allowed:"confluent|single-object|bare"`
	Schema    string            `yaml:"schema" kind:"path"`
	ID        string            `yaml:"id" kind:"field"`
	Value     string            `yaml:"value" kind:"field"`
	Time      string            `yaml:"time" kind:"field"`   // "": the record's timestamp
	Weight    string            `yaml:"weight" kind:"field"` // "": every label counts once
	Clock     string            `yaml:"clock" default:"record" allowed:"record|label_time"`
	Map       map[string]string `yaml:"map"` // a label's text → the class it means
	Horizon   time.Duration     `yaml:"horizon"`
	Horizons  []SegmentHorizon  `yaml:"horizons"` // the first that applies to a score holds
	Grace     time.Duration     `yaml:"grace" default:"1d"`
	Missing   Missing           `yaml:"missing"`
	Conflict  string            `yaml:"conflict" default:"latest" allowed:"latest|first|majority"`
	Early     time.Duration     `yaml:"early"` // default: the longest horizon
	IdleAfter time.Duration     `yaml:"idle_after" default:"30s"`
}

// SegmentHorizon is the horizon of the scores whose segment fields have these values.
type SegmentHorizon struct {
	Segment map[string]string `yaml:"segment"` // all must agree
	Horizon time.Duration     `yaml:"horizon"`
}

// Longest returns the longest horizon that a score may have.
func (l *Labels) Longest() time.Duration {
	longest := l.Horizon
	for _, h := range l.Horizons {
		longest = max(longest, h.Horizon)
	}
	return longest
}

// Missing says what becomes of a score without a label at its horizon: it is
// unlabelled (the zero value), or Class is assumed.
type Missing struct {
	Assumed bool
	Class   string
}

// The values of Scores.Partitioner.
const (
	Murmur2 = "murmur2"
	CRC32   = "crc32"
	FNV1a   = "fnv1a"
)

// Output says how our own records are framed, and under which subjects their
// schemas are registered where the wire is confluent.
type Output struct {
	Wire     string `yaml:"wire" allowed:"confluent|single-object"` // default: confluent where a registry is set
	Subjects string `yaml:"subjects" default:"topic" allowed:"topic|record|topic-record"`
}

// Model names the bundles and the version that answers at first.
type Model struct {
	Bundles     string   `yaml:"bundles" default:"./bundles" kind:"path"`
	Champion    string   `yaml:"champion"` // NAME@VERSION
	Challengers []string `yaml:"challengers"`
	Sources     []string `yaml:"sources" kind:"source"` // directories, .tar.gz files, oci://HOST/REPOSITORY:TAG
	Cache       string   `yaml:"cache" default:"./bundle-cache" kind:"path"`
	Require     []string `yaml:"require" allowed:"golden|preparation|performance|signature"`
	Keys        []string `yaml:"keys" kind:"path"`        // public Ed25519 keys in PEM
	ONNXRuntime string   `yaml:"onnxruntime" kind:"path"` // shared library
}

// State is where JOIN and WATCH keep their stores.
type State struct {
	Dir string `yaml:"dir" default:"./state" kind:"path"`
}

// Memory bounds what the process may use.
type Memory struct {
	Limit Size `yaml:"limit" default:"1GiB"`
}

// HTTP is where the page, the metrics and the health answers are served.
type HTTP struct {
	Listen string `yaml:"listen" default:"127.0.0.1:8080"`
}

// Notifier is somebody to tell of alarms.
type Notifier struct {
	Alertmanager string `yaml:"alertmanager"`
	Webhook      string `yaml:"webhook"`
}
