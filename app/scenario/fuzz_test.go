package scenario

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"hindsight/app/config"
)

// FuzzParse holds the parser to its word: a scenario or all faults, never a
// panic. What is short runs, too, and shakes to the same.
func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/*/*.scenario")
	if err != nil || len(files) == 0 {
		f.Fatal("no scenarios", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte("labels: {horizon: 1m}\n---\n3 scores a* 0.5x2 NaN at 10:00 every 1s on 0\nwindow day 00:00 accuracy"))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := Parse("fuzz", text, t.TempDir(), nil)
		if err != nil {
			var faults config.Faults
			if !errors.As(err, &faults) || len(faults) == 0 {
				t.Fatalf("not a list of faults: %v", err)
			}
			return
		}
		if len(text) > 1000 || bytes.ContainsAny(text, "*x") {
			return
		}
		plain, err := s.Run()
		if err != nil {
			return
		}
		shaken, err := s.Shake(1)
		if err != nil || !shaken.Same(plain) {
			t.Fatalf("other batches and crashes are seen: %v", err)
		}
	})
}
