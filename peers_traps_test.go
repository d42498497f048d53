package main_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

var namedScenario = regexp.MustCompile("`([a-z_]+\\.scenario)`")

// TestTrapsOfPeersAreShownByWhatExists holds docs/peers-traps.md to the
// scenarios, each of which it names, and to the tests.
func TestTrapsOfPeersAreShownByWhatExists(t *testing.T) {
	page, err := os.ReadFile("docs/peers-traps.md")
	if err != nil {
		t.Fatal(err)
	}
	const folder = "app/scenario/testdata/traps/"
	named := map[string]bool{}
	for _, m := range namedScenario.FindAllSubmatch(page, -1) {
		named[string(m[1])] = true
		if _, err := os.Stat(folder + string(m[1])); err != nil {
			t.Errorf("the page names a scenario that does not exist: %v", err)
		}
	}
	files, err := filepath.Glob(folder + "*.scenario")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d traps: they were not found: %v", len(files), err)
	}
	for _, f := range files {
		if !named[filepath.Base(f)] {
			t.Errorf("%s is not named on the page", f)
		}
	}
	tests, err := testNames()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range namedTest.FindAllSubmatch(page, -1) {
		if name := string(m[1]); !tests[name] {
			t.Errorf("the page names %s, which does not exist", name)
		}
	}
}
