package main_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	namedTest   = regexp.MustCompile("`(Test[A-Za-z0-9_]+|Fuzz[A-Za-z0-9_]+)`")
	namedTarget = regexp.MustCompile("`make ([a-z0-9-]+)")
	testFunc    = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)[A-Za-z0-9_]+)\(`)
	target      = regexp.MustCompile(`(?m)^([a-z0-9-]+):`)
)

// testNames are the names of all tests and fuzz targets.
func testNames() (map[string]bool, error) {
	tests := map[string]bool{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		for _, m := range testFunc.FindAllSubmatch(source, -1) {
			tests[string(m[1])] = true
		}
		return err
	})
	return tests, err
}

// TestGuaranteesAreProvenByWhatExists holds GUARANTEES.md to the tests and the
// make targets that it names.
func TestGuaranteesAreProvenByWhatExists(t *testing.T) {
	page, err := os.ReadFile("GUARANTEES.md")
	if err != nil {
		t.Fatal(err)
	}
	tests, err := testNames()
	if err != nil {
		t.Fatal(err)
	}
	makefile, err := os.ReadFile("Makefile")
	if err != nil {
		t.Fatal(err)
	}
	targets := map[string]bool{}
	for _, m := range target.FindAllSubmatch(makefile, -1) {
		targets[string(m[1])] = true
	}
	named := namedTest.FindAllSubmatch(page, -1)
	if len(named) < 20 {
		t.Errorf("GUARANTEES.md names %d tests: it was not read right", len(named))
	}
	for _, m := range named {
		if !tests[string(m[1])] {
			t.Errorf("GUARANTEES.md names %s, which does not exist", m[1])
		}
	}
	for _, m := range namedTarget.FindAllSubmatch(page, -1) {
		if !targets[string(m[1])] {
			t.Errorf("GUARANTEES.md names make %s, which does not exist", m[1])
		}
	}
}
