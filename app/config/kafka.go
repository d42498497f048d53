package config

import "time"

// The values of Kafka.Delivery.
const (
	ExactlyOnce = "exactly-once"
	AtLeastOnce = "at-least-once"
)

// Kafka says which cluster to use, as whom, and how strictly.
type Kafka struct {
	Brokers        []string      `yaml:"brokers" split:","`
	Group          string        `yaml:"group"`
	Delivery       string        `yaml:"delivery" default:"exactly-once" allowed:"exactly-once|at-least-once"`
	CommitInterval time.Duration `yaml:"commit_interval" default:"100ms"`

	Instance           string        `yaml:"instance"` // "": a dynamic member
	SessionTimeout     time.Duration `yaml:"session_timeout" default:"45s"`
	TransactionTimeout time.Duration `yaml:"transaction_timeout" default:"40s"`
	ShutdownTimeout    time.Duration `yaml:"shutdown_timeout" default:"25s"`

	TLS  *TLS  `yaml:"tls"`
	SASL *SASL `yaml:"sasl"`
}

// TLS turns transport security on; with no file named, the system's roots are
// trusted and no client certificate is shown.
type TLS struct {
	CA   string `yaml:"ca" kind:"path"`
	Cert string `yaml:"cert" kind:"path"`
	Key  string `yaml:"key" kind:"path"`
}

// The values of SASL.Mechanism.
const (
	Plain       = "PLAIN"
	Scram256    = "SCRAM-SHA-256"
	Scram512    = "SCRAM-SHA-512"
	OAuthBearer = "OAUTHBEARER"
)

// SASL says how to log in to the brokers.
type SASL struct {
	Mechanism string `yaml:"mechanism" allowed:"PLAIN|SCRAM-SHA-256|SCRAM-SHA-512|OAUTHBEARER"`
	User      string `yaml:"user"`
	Password  Secret `yaml:"password"`
	Token     Secret `yaml:"token"`
}

// Registry is the Confluent schema registry; an empty URL means that there is none.
type Registry struct {
	URL      string `yaml:"url"`
	User     string `yaml:"user"`
	Password Secret `yaml:"password"`
	CA       string `yaml:"ca" kind:"path"`
}

// Topics are the names of the topics that are ours.
type Topics struct {
	Scores         string `yaml:"scores" default:"scores" kind:"topic"`
	Outcomes       string `yaml:"outcomes" default:"outcomes" kind:"topic"`
	LabelsRerouted string `yaml:"labels_rerouted" default:"labels-rerouted" kind:"topic"`
	Slices         string `yaml:"slices" default:"slices" kind:"topic"`
	WatchState     string `yaml:"watch_state" default:"watch-state" kind:"topic"`
	Windows        string `yaml:"windows" default:"windows" kind:"topic"`
	Alarms         string `yaml:"alarms" default:"alarms" kind:"topic"`
	Models         string `yaml:"models" default:"models" kind:"topic"`
	ModelsHistory  string `yaml:"models_history" default:"models-history" kind:"topic"`
	DeadLetters    string `yaml:"dead_letters" default:"dead-letters" kind:"topic"`
}
