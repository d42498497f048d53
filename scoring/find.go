package scoring

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Find returns the directory under bundles whose bundle.yaml says NAME@VERSION.
// Directory names are free. The error lists what is there, and names bundles
// that cannot be read; two directories that say the same are an error.
func Find(bundles, ref string) (string, error) {
	name, version, ok := strings.Cut(ref, "@")
	if !ok {
		return "", fmt.Errorf("%q is not NAME@VERSION", ref)
	}
	if err := errors.Join(CheckName(name), CheckName(version)); err != nil {
		return "", err
	}
	entries, err := os.ReadDir(bundles)
	if err != nil {
		return "", err
	}
	var found, others []string
	for _, entry := range entries {
		dir := filepath.Join(bundles, entry.Name())
		info, err := os.Stat(dir) // follows a link such as current → v3
		if err != nil || !info.IsDir() {
			continue
		}
		got, err := RefOf(dir)
		switch {
		case errors.Is(err, os.ErrNotExist): // not a bundle
		case err != nil:
			others = append(others, fmt.Sprintf("%s (unreadable: %v)", entry.Name(), err))
		case got != ref:
			others = append(others, fmt.Sprintf("%s in %s", got, entry.Name()))
		case len(found) == 0 || !sameDirectory(found[0], dir):
			found = append(found, dir)
		}
	}
	switch {
	case len(found) > 1:
		return "", fmt.Errorf("%s is in %s; keep one", ref, strings.Join(found, " and in "))
	case len(found) == 1:
		return found[0], nil
	case len(others) == 0:
		return "", fmt.Errorf("no bundle %s in %s: there are no bundles", ref, bundles)
	}
	return "", fmt.Errorf("no bundle %s in %s: there are %s", ref, bundles, strings.Join(others, ", "))
}

// RefOf reads NAME@VERSION of the bundle in dir and nothing more of it.
func RefOf(dir string) (string, error) {
	f, err := openFiles(dir)
	if err != nil {
		return "", err
	}
	data, err := f.read(bundleFile, maxYAMLBytes)
	if err := errors.Join(err, f.close()); err != nil {
		return "", err
	}
	var s spec // its other faults are told when it is loaded
	decodeYAML(bundleFile, data, &s)
	if err := errors.Join(CheckName(s.Name), CheckName(s.Version)); err != nil {
		return "", err
	}
	return s.Name + "@" + s.Version, nil
}

func sameDirectory(a, b string) bool {
	infoA, errA := os.Stat(a)
	infoB, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(infoA, infoB)
}
