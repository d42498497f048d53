package demo

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"hindsight/scoring"
)

// The written configuration is the one that the rule for all bundles gives.
func TestConfigurationFollowsTheDefaultBundle(t *testing.T) {
	dir := t.TempDir()
	if err := WriteBundle(dir); err != nil {
		t.Fatal(err)
	}
	_, certificate, err := scoring.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	accuracy, ok := certificate.Figure(scoring.CheckPerformance, "accuracy")
	if got := configurationFor(DefaultBundle, accuracy); !ok || !bytes.Equal(got, Configuration()) {
		t.Errorf("accuracy %v gives\n%s", accuracy, got)
	}
}

func TestInstallOfADirectory(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	if err := writeBundle("car-loan@2", from); err != nil {
		t.Fatal(err)
	}
	text, err := Install(from, to)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := scoring.Open(filepath.Join(to, "car-loan-2")); err != nil {
		t.Error(err)
	}
	for _, line := range []string{"champion: car-loan@2\n", "below: 0.92\n", "clear: 0.93 "} {
		if !strings.Contains(string(text), line) {
			t.Errorf("the configuration has no line %q", line)
		}
	}
}
