package config

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// validate returns what the values of cfg have wrong, beside the keys in bad,
// which are reported already.
func (cfg *Config) validate(bad map[string]bool) Faults {
	r := &reporter{cfg: cfg, bad: bad}
	cfg.Kafka.validate(r)
	cfg.Registry.validate(r)
	cfg.validateTopics(r)
	cfg.Events.validate(r)
	cfg.Labels.validate(r, cfg.Segments())
	cfg.Scores.validate(r)
	cfg.validateWires(r)
	cfg.Model.validate(r)
	cfg.Watch.validate(r, cfg.Segments())
	if cfg.Memory.Limit < leastMemory {
		r.fault("memory.limit", cfg.Memory.Limit.String(), "must be at least %v, which the three stages need", leastMemory)
	}
	if _, err := splitAddress(cfg.HTTP.Listen, 0); err != nil {
		r.fault("http.listen", cfg.HTTP.Listen, "%v", err)
	}
	if len(cfg.Notify) > 0 {
		r.fault("notify", "", "not yet supported; leave the list empty")
	}
	return r.faults
}

// leastMemory is what [hindsight/app/memory] can divide.
const leastMemory Size = 128 << 20

func item(list string, i int, key string) string {
	at := fmt.Sprintf("%s[%d]", list, i)
	if key == "" {
		return at
	}
	return at + "." + key
}

// splitAddress checks host:port with a port of at least lowest.
func splitAddress(addr string, lowest int) (host string, err error) {
	host, port, err := net.SplitHostPort(addr)
	n, perr := strconv.Atoi(port)
	if err != nil || perr != nil || n < lowest || n > 65535 {
		return "", fmt.Errorf("must be HOST:PORT with a port from %d to 65535", lowest)
	}
	return host, nil
}

func (k *Kafka) validate(r *reporter) {
	for i, b := range k.Brokers {
		host, err := splitAddress(b, 1)
		if err == nil && host == "" {
			err = fmt.Errorf("must name a host before the port")
		}
		if err != nil {
			r.fault(item("kafka.brokers", i, ""), b, "%v", err)
		}
	}
	if k.CommitInterval <= 0 || k.CommitInterval > time.Minute {
		r.fault("kafka.commit_interval", FormatDuration(k.CommitInterval), "must be more than 0 and at most 1m")
	}
	if k.Instance != "" && checkTopic(k.Instance) != nil {
		r.fault("kafka.instance", k.Instance, "must be 1 to 249 of letters, digits, '.', '_' and '-'")
	}
	for _, t := range []struct {
		key         string
		value       time.Duration
		least, most time.Duration
	}{
		{"kafka.session_timeout", k.SessionTimeout, time.Second, 30 * time.Minute},
		{"kafka.transaction_timeout", k.TransactionTimeout, time.Second, 15 * time.Minute},
		{"kafka.shutdown_timeout", k.ShutdownTimeout, time.Second, time.Hour},
	} {
		if t.value < t.least || t.value > t.most {
			r.fault(t.key, FormatDuration(t.value), "must be %s to %s", FormatDuration(t.least), FormatDuration(t.most))
		}
	}
	if t := k.TLS; t != nil && (t.Cert == "") != (t.Key == "") {
		r.fault("kafka.tls", "", "cert and key go together; give both or neither")
	}
	if k.SASL != nil {
		k.SASL.validate(r)
	}
}

func (s *SASL) validate(r *reporter) {
	switch s.Mechanism {
	case "":
		r.require("kafka.sasl.mechanism", false, "PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER")
	case OAuthBearer:
		r.require("kafka.sasl.token", !s.Token.IsZero(), "the token for OAUTHBEARER, best as file:PATH, which is read again at every login")
		if s.User != "" || !s.Password.IsZero() {
			r.fault("kafka.sasl", "", "OAUTHBEARER takes a token and neither user nor password")
		}
	default:
		r.require("kafka.sasl.user", s.User != "", "the user for "+s.Mechanism)
		r.require("kafka.sasl.password", !s.Password.IsZero(), "the password for "+s.Mechanism+", best as file:PATH")
		if !s.Token.IsZero() {
			r.fault("kafka.sasl.token", "", "is only for OAUTHBEARER, and the mechanism is %s", s.Mechanism)
		}
	}
}

func (g *Registry) validate(r *reporter) {
	if g.URL == "" {
		if g.User != "" || !g.Password.IsZero() || g.CA != "" {
			r.require("registry.url", false, "the address of the registry that the other keys of this section are for")
		}
		return
	}
	u, err := url.Parse(g.URL)
	switch {
	case err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https"):
		shown := g.URL
		if strings.Contains(shown, "@") { // may hold a password
			shown = ""
		}
		r.fault("registry.url", shown, "must be a URL as in http://127.0.0.1:8081")
	case u.User != nil:
		r.fault("registry.url", u.Redacted(), "must not hold a password; use registry.user and registry.password")
	}
	if (g.User == "") != g.Password.IsZero() {
		r.fault("registry", "", "user and password go together; give both or neither")
	}
}

func (cfg *Config) validateTopics(r *reporter) {
	t := cfg.Topics
	named := []struct{ key, name string }{
		{"events.topic", cfg.Events.Topic}, {"labels.topic", cfg.Labels.Topic},
		{"topics.scores", t.Scores}, {"topics.outcomes", t.Outcomes},
		{"topics.labels_rerouted", t.LabelsRerouted}, {"topics.slices", t.Slices},
		{"topics.watch_state", t.WatchState}, {"topics.windows", t.Windows},
		{"topics.alarms", t.Alarms}, {"topics.models", t.Models},
		{"topics.models_history", t.ModelsHistory}, {"topics.dead_letters", t.DeadLetters},
	}
	first := map[string]string{}
	for _, n := range named {
		if n.name == "" {
			continue
		}
		if other, taken := first[n.name]; taken {
			r.fault(n.key, n.name, "is the name of %s too; every topic needs its own", other)
			continue
		}
		first[n.name] = n.key
	}
}

func (m *Model) validate(r *reporter) {
	if m.Champion != "" {
		name, version, found := strings.Cut(m.Champion, "@")
		if !found || name == "" || version == "" || strings.ContainsAny(m.Champion, " \t\n/") || strings.Contains(version, "@") {
			r.fault("model.champion", m.Champion, "must be NAME@VERSION as in the bundle's bundle.yaml")
		}
	}
	if len(m.Challengers) > 0 {
		r.fault("model.challengers", strings.Join(m.Challengers, ", "), "not yet supported; leave the list empty")
	}
	unique(r, "model.require", m.Require)
	unique(r, "model.sources", m.Sources)
	switch signed := slices.Contains(m.Require, "signature"); {
	case signed && len(m.Keys) == 0:
		r.fault("model.require", "signature", "needs model.keys: the public keys whose signatures are trusted")
	case !signed && len(m.Keys) > 0: // a bundle without a signature would pass
		r.fault("model.keys", "", "are checked where model.require has signature; add it there, or leave out the keys")
	}
	for i, s := range m.Sources {
		if scheme, _, found := strings.Cut(s, "://"); found && scheme != "oci" && scheme != "oci+http" {
			r.fault(item("model.sources", i, ""), s, "must be a directory, a .tar.gz file or oci://HOST/REPOSITORY:TAG")
		}
	}
}

// unique reports values of a list that stand there twice.
func unique(r *reporter, key string, values []string) {
	for i, v := range values {
		if v != "" && slices.Contains(values[:i], v) {
			r.fault(item(key, i, ""), v, "is given twice")
		}
	}
}
