package scoring

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFind(t *testing.T) {
	bundles := t.TempDir()
	put := func(dir, name, version string) {
		path := filepath.Join(bundles, dir)
		if err := os.MkdirAll(path, 0o755); err != nil {
			t.Fatal(err)
		}
		text := strings.Replace(tinySpec, "name: tiny\nversion: 1\n", "name: "+name+"\nversion: "+version+"\n", 1)
		if err := os.WriteFile(filepath.Join(path, "bundle.yaml"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	_, err := Find(bundles, "fraud@1")
	wantErrors(t, err, "there are no bundles")

	put("b1", "fraud", "1")
	put("whatever", "fraud", "2026-11-23")
	put("broken", "'not a name'", "1")
	if err := os.Mkdir(filepath.Join(bundles, "empty"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(bundles, "README"), []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	got, err := Find(bundles, "fraud@2026-11-23")
	if err != nil || got != filepath.Join(bundles, "whatever") {
		t.Errorf("got %q, %v", got, err)
	}
	_, err = Find(bundles, "fraud@3")
	wantErrors(t, err, "no bundle fraud@3", "fraud@1 in b1", "fraud@2026-11-23 in whatever", "broken (unreadable: ")

	if err := os.Symlink("b1", filepath.Join(bundles, "current")); err == nil {
		if got, err := Find(bundles, "fraud@1"); err != nil || got != filepath.Join(bundles, "b1") {
			t.Errorf("with a link to it: %q, %v", got, err)
		}
	}
	put("copy", "fraud", "1")
	_, err = Find(bundles, "fraud@1")
	wantErrors(t, err, "b1 and in ", "copy; keep one")

	for _, ref := range []string{"fraud", "@1", "fraud@", "../x@1", "fraud@1@2"} {
		if got, err := Find(bundles, ref); err == nil {
			t.Errorf("%q found %q", ref, got)
		}
	}
	if _, err := Find(filepath.Join(bundles, "nowhere"), "fraud@1"); err == nil {
		t.Error("found something nowhere")
	}
}
