package scenario

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

var fenced = regexp.MustCompile("(?s)```scenario\n(.*?)```")

// TestDocumentation runs every scenario that docs/scenarios.md shows.
func TestDocumentation(t *testing.T) {
	page, err := os.ReadFile("../../docs/scenarios.md")
	if err != nil {
		t.Fatal(err)
	}
	examples := fenced.FindAllSubmatch(page, -1)
	if len(examples) == 0 {
		t.Fatal("the page shows no scenario")
	}
	for _, e := range examples {
		s, err := Parse("docs/scenarios.md", e[1], ".", nil)
		if err != nil {
			t.Fatal(err)
		}
		r, err := s.Run()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range r.Failures {
			t.Errorf("line %d of the example:\n%s", f.Line, strings.Join(f.Diff, "\n"))
		}
	}
}
