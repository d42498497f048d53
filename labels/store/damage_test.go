package store_test

import (
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"hindsight/labels/store"
)

// imageOf returns the files of a store of 12 batches that crashed: tables on
// several levels, and a log whose end is in no table yet.
func imageOf(t *testing.T) (*vfs.MemFS, int) {
	t.Helper()
	fs := vfs.NewCrashableMem()
	s, err := openSmall(fs)
	if err != nil {
		t.Fatal(err)
	}
	const batches = 12
	for n := 1; n <= batches; n++ {
		if err := errors.Join(writeLarge(s, n), s.Sync()); err != nil {
			t.Fatal(err)
		}
	}
	image := fs.CrashClone(vfs.CrashCloneCfg{})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return image, batches
}

func copyOf(t *testing.T, fs *vfs.MemFS) *vfs.MemFS {
	t.Helper()
	to := vfs.NewMem()
	if _, err := vfs.Clone(fs, to, "", ""); err != nil {
		t.Fatal(err)
	}
	return to
}

// class is what kind of file a name stands for.
func class(name string) string {
	switch {
	case strings.HasSuffix(name, ".sst"), strings.HasSuffix(name, ".blob"):
		return "table"
	case strings.HasSuffix(name, ".log"):
		return "log"
	case strings.HasPrefix(name, "MANIFEST"):
		return "manifest"
	case strings.HasPrefix(name, "OPTIONS"):
		return "options"
	case strings.HasPrefix(name, "marker"):
		return "marker"
	}
	return "other"
}

// verdict opens the store and reads all of it: "damaged" where it says so, else
// "whole" or "short" by whether it holds every batch or the first ones only.
func verdict(t *testing.T, fs vfs.FS, batches int) string {
	t.Helper()
	s, err := openSmall(fs)
	if err == nil {
		var held int
		held, err = prefix(t, s)
		if err == nil {
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			if held == batches {
				return "whole"
			}
			return "short"
		}
		if closing := s.Close(); !errors.Is(closing, store.ErrDamaged) {
			t.Fatalf("closed after %v: %v", err, closing)
		}
	}
	if !errors.Is(err, store.ErrDamaged) {
		t.Fatalf("not told as damage: %v", err)
	}
	return "damaged"
}

// One bit of one file turns, in every kind of file, at many places: the store
// says that it is damaged, or it holds the first batches. It never holds
// anything else.
func TestBitFlips(t *testing.T) {
	image, batches := imageOf(t)
	names, err := image.List("state")
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	r := rand.New(rand.NewPCG(1, 1))
	met := map[string]map[string]int{}
	for _, name := range names {
		data := contents(t, image, "state/"+name)
		if len(data) == 0 {
			continue // told by its name alone
		}
		for range 16 {
			fs := copyOf(t, image)
			bit := r.IntN(8 * len(data))
			flipped := slices.Clone(data)
			flipped[bit/8] ^= 1 << (bit % 8)
			overwrite(t, fs, "state/"+name, flipped)
			c := class(name)
			if met[c] == nil {
				met[c] = map[string]int{}
			}
			met[c][verdict(t, fs, batches)]++
		}
	}
	for c, verdicts := range met {
		t.Logf("%s: %v", c, verdicts)
	}
	for _, c := range []string{"table", "manifest"} {
		if met[c]["damaged"] == 0 {
			t.Errorf("no damage to a %s was found: %v", c, met[c])
		}
	}
	if met["log"]["damaged"]+met["log"]["short"] == 0 {
		t.Errorf("no damage to a log was found: %v", met["log"])
	}
}

// One file is missing, or was cut to its half: likewise. (A log that is missing
// while a later one is there would be noticed by nobody. No crash does that.)
func TestMissingFiles(t *testing.T) {
	image, batches := imageOf(t)
	names, err := image.List("state")
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	newest := "" // log
	for _, name := range names {
		if class(name) == "log" {
			newest = name
		}
	}
	met := map[string]int{}
	for _, name := range names {
		fs := copyOf(t, image)
		if err := fs.Remove("state/" + name); err != nil {
			t.Fatal(err)
		}
		if class(name) != "log" || name == newest {
			t.Logf("without %s", name)
			v := verdict(t, fs, batches)
			t.Log(v)
			met[v]++
		}
		data := contents(t, image, "state/"+name)
		if len(data) < 2 {
			continue
		}
		fs = copyOf(t, image)
		overwrite(t, fs, "state/"+name, data[:len(data)/2])
		t.Logf("with half of %s", name)
		v := verdict(t, fs, batches)
		t.Log(v)
		met[v]++
	}
	if met["damaged"] < 3 {
		t.Errorf("damage was found %d times", met["damaged"])
	}
}

// A store that a later version of Pebble wrote is a cache like any other.
func TestNewerFormat(t *testing.T) {
	image, batches := imageOf(t)
	names, err := image.List("state")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if strings.HasPrefix(name, "marker.format-version") {
			if err := image.Rename("state/"+name, "state/marker.format-version.000999.999"); err != nil {
				t.Fatal(err)
			}
		}
	}
	if v := verdict(t, image, batches); v != "damaged" {
		t.Error(v)
	}
}

func contents(t *testing.T, fs vfs.FS, name string) []byte {
	t.Helper()
	f, err := fs.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(f)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	return data
}

func overwrite(t *testing.T, fs vfs.FS, name string, data []byte) {
	t.Helper()
	f, err := fs.Create(name, vfs.WriteCategoryUnspecified)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.Write(data)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		t.Fatal(err)
	}
}
