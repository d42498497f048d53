package origin

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// keyOf is the key of an archive.
func keyOf(archive []byte) string { return strings.TrimPrefix(digestOf(archive), "sha256:") }

// Whatever an add that was interrupted left, or somebody spoilt, the next one is good.
func TestCacheMendsItself(t *testing.T) {
	dir := writeBundle(t)
	archive := pack(t, dir)
	key := keyOf(archive)
	tests := map[string]func(t *testing.T, c cache, bundle string){
		"nothing": func(*testing.T, cache, string) {},
		"a folder without its entry": func(t *testing.T, c cache, _ string) {
			if err := os.Remove(filepath.Join(c.dir, "entry-"+key)); err != nil {
				t.Fatal(err)
			}
		},
		"an entry without its folder": func(t *testing.T, _ cache, bundle string) {
			if err := os.RemoveAll(bundle); err != nil {
				t.Fatal(err)
			}
		},
		"an empty folder": func(t *testing.T, _ cache, bundle string) {
			for name := range inside(t, bundle) {
				if err := os.Remove(filepath.Join(bundle, name)); err != nil {
					t.Fatal(err)
				}
			}
		},
		"an empty entry":      entrySays(key, ""),
		"half an entry":       entrySays(key, folders),
		"an empty digest":     func(t *testing.T, c cache, bundle string) { entrySays(key, filepath.Base(bundle)+" ")(t, c, bundle) },
		"an entry of outside": entrySays(key, folders+"x/../../elsewhere 00"),
		"another digest": func(t *testing.T, c cache, bundle string) {
			entrySays(key, filepath.Base(bundle)+" "+strings.Repeat("0", 64))(t, c, bundle)
		},
	}
	for name, spoil := range tests {
		t.Run(name, func(t *testing.T) {
			c := cache{filepath.Join(t.TempDir(), "cache")}
			bundle, err := c.add(key, bytes.NewReader(archive), "")
			if err != nil {
				t.Fatal(err)
			}
			spoil(t, c, bundle)
			if found, err := c.find(key, ""); err != nil || (found == "") != (name != "nothing") {
				t.Errorf("found %q, %v", found, err)
			}
			again, err := c.add(key, bytes.NewReader(archive), "")
			if err != nil || !maps.Equal(inside(t, again), inside(t, dir)) {
				t.Errorf("added again: %q, %v", again, err)
			}
			if found, err := c.find(key, ""); err != nil || found != again {
				t.Errorf("found %q, %v, not %q", found, err, again)
			}
		})
	}
}

func entrySays(key, text string) func(*testing.T, cache, string) {
	return func(t *testing.T, c cache, _ string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(c.dir, "entry-"+key), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestCacheIsAddedToAtOnce(t *testing.T) {
	dir := writeBundle(t)
	archive := pack(t, dir)
	key := keyOf(archive)
	c := cache{t.TempDir()}
	bundles, errs := [8]string{}, [8]error{}
	var adding sync.WaitGroup
	for i := range bundles {
		adding.Go(func() { bundles[i], errs[i] = c.add(key, bytes.NewReader(archive), "") })
	}
	adding.Wait()
	for i, bundle := range bundles {
		if errs[i] != nil || !maps.Equal(inside(t, bundle), inside(t, dir)) {
			t.Errorf("%q, %v", bundle, errs[i])
		}
	}
	if found, err := c.find(key, ""); err != nil || found == "" {
		t.Errorf("%q, %v", found, err)
	}
}

// A file that is another when it is unpacked than when it was hashed.
func TestCacheHashesWhatItUnpacks(t *testing.T) {
	archive := pack(t, writeBundle(t))
	other := archiveOf(t, entry{name: "bundle.yaml", content: "name: evil\n"})
	c := cache{t.TempDir()}
	bundle, err := c.add(keyOf(archive), bytes.NewReader(other), "")
	wantError(t, err, "changed while it was read")
	if entries, err := os.ReadDir(c.dir); bundle != "" || err != nil || len(entries) > 0 {
		t.Errorf("left in the cache: %v, %v", entries, err)
	}
}
