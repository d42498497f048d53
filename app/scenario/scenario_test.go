package scenario

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var rewrite = flag.Bool("rewrite", false, "put what comes in place of what is expected in testdata")

func load(t *testing.T, file string) *Scenario {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Parse(file, text, filepath.Dir(file), nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestScenarios runs every file of testdata: in order, and with other batches
// and crashes, which must not be seen in anything that is published.
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("testdata/*/*.scenario")
	if err != nil || len(files) == 0 {
		t.Fatal("no scenarios", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.ToSlash(file)[len("testdata/"):], ".scenario"), func(t *testing.T) {
			t.Parallel()
			s := load(t, file)
			r, err := s.Run()
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range r.Failures {
				t.Errorf("%s:%d:\n%s", file, f.Line, strings.Join(f.Diff, "\n"))
			}
			if *rewrite {
				if err := os.WriteFile(file, r.Rewritten(), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			seeds := uint64(20)
			if len(r.Outcomes) > 50 {
				seeds = 4
			}
			for seed := range seeds {
				shaken, err := s.Shake(seed)
				if err != nil {
					t.Fatalf("seed %d: %v", seed, err)
				}
				if diff := cmp.Diff([]any{r.Failures, r.Outcomes, r.Windows, r.Alarms}, []any{shaken.Failures, shaken.Outcomes, shaken.Windows, shaken.Alarms}); diff != "" {
					t.Fatalf("seed %d: other batches and crashes are seen (-in order +shaken):\n%s", seed, diff)
				}
			}
		})
	}
}
