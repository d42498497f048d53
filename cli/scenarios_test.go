package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestHelpOfTestTeachesWhatPasses runs the scenario that `hindsight test --help` shows.
func TestHelpOfTestTeachesWhatPasses(t *testing.T) {
	_, example, begun := strings.Cut(scenarioHelp, "  # One error")
	example, _, ended := strings.Cut(example, "\nAbove the line")
	if !begun || !ended {
		t.Fatal("the help shows no scenario")
	}
	file := filepath.Join(t.TempDir(), "help.scenario")
	if err := os.WriteFile(file, []byte(strings.ReplaceAll("# One error"+example, "\n  ", "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	if code := Main(t.Context(), []string{"test", file}, nil, &out, &errs); code != 0 {
		t.Errorf("exit code %d:\n%s%s", code, &out, &errs)
	}
}
