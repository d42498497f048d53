package demo

import (
	"bytes"
	"errors"
	"os"
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

// A bundle that is refused leaves nothing behind, and the error names what the
// user did.
func TestInstallRefuses(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for _, name := range []string{"good", "wrong"} {
		if err := writeBundle("car-loan@2", name); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join("wrong", "golden.csv"), []byte("no,table\n1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Mkdir("empty", 0o755), os.Symlink("good", "link")); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct{ in, bundle, to, want string }{
		"the folder itself":      {"good", ".", "out", "copied into itself"},
		"absolute":               {"good", filepath.Join(dir, "good"), "out", "name a directory outside"},
		"deep below":             {".", "good", "good/a/../b/c", "copied into itself"},
		"behind a link":          {".", "good", "link/out", "copied into itself"},
		"link as the source":     {".", "link", "good/out", "copied into itself"},
		"a test fails":           {".", "wrong", "out", "bundle wrong: "},
		"no bundle in there":     {".", "empty", "out", "bundle empty: "},
		"nothing named":          {".", "", "out", "no bundle is named"},
		"no such bundle or file": {".", "car-loan@3", "out", "car-loan@1, car-loan@2"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Chdir(filepath.Join(dir, test.in))
			err := new(World).Export(test.to, test.bundle)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
			if _, err := os.Stat(test.to); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("%s is left: %v", test.to, err)
			}
		})
	}
	if _, err := Install("good", "goods"); err != nil { // beside it, though its name begins alike
		t.Error(err)
	}
}
