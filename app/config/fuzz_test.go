package config

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Whatever the bytes, Parse tells faults or returns a configuration that is
// shown and loaded again to the same.
func FuzzParse(f *testing.F) {
	template, err := Template()
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{"", full, string(template), "a: &a [*a]", "kafka: &k {group: *k}", "? - a\n: b", "labels: {map: {a: b}}", "${", "events: !!str x", "- ", "kafka: {group: |\n  a\n}"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		cfg, err := Parse(data, "/nowhere")
		var faults Faults
		if err != nil {
			if !errors.As(err, &faults) || len(faults) == 0 || err.Error() == "" {
				t.Fatalf("Parse = %#v, want faults", err)
			}
			return
		}
		shown, err := cfg.YAML()
		if err != nil {
			t.Fatal(err)
		}
		again, err := Parse(shown, "/nowhere")
		if err != nil {
			t.Fatalf("shown as\n%s\nwhich does not load: %v", shown, err)
		}
		for _, s := range []*Secret{&cfg.Registry.Password, &again.Registry.Password} {
			*s = Secret{}
		}
		cfg.Kafka.SASL, again.Kafka.SASL = nil, nil
		if diff := cmp.Diff(cfg, again, same()); diff != "" {
			t.Fatalf("shown as\n%s\n(-shown +loaded)\n%s", shown, diff)
		}
	})
}
