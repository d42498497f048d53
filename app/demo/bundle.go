package demo

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"hindsight/scoring"
)

//go:embed bundle lightgbm
var bundleFiles embed.FS

// DefaultBundle is the bundle that the configuration names.
const DefaultBundle = "car-loan@1"

// ownBundles are the folders of the bundles that the demo brings.
func ownBundles() map[string]string {
	return map[string]string{DefaultBundle: "bundle", "car-loan@2": "lightgbm"}
}

// Bundles are the references of the bundles that the demo brings.
func Bundles() []string { return slices.Sorted(maps.Keys(ownBundles())) }

// WriteBundle writes the demo's default model into a folder, which it makes.
func WriteBundle(dir string) error { return writeBundle(DefaultBundle, dir) }

// Install writes a bundle, one of the demo's own or that in a directory, below
// the folder bundles, and returns the configuration that scores with it. A
// directory is loaded first: nothing is written of one that is refused.
func Install(bundle, bundles string) (configuration []byte, err error) {
	folder := func(ref string) string { return filepath.Join(bundles, strings.ReplaceAll(ref, "@", "-")) }
	if _, own := ownBundles()[bundle]; own {
		dir := folder(bundle)
		if err := writeBundle(bundle, dir); err != nil || bundle == DefaultBundle {
			return Configuration(), err
		}
		return configurationOf(dir)
	}
	ref, err := refOf(bundle)
	if err != nil {
		return nil, err
	}
	if err := CheckApart(bundle, folder(ref)); err != nil {
		return nil, err
	}
	if configuration, err = configurationOf(bundle); err != nil {
		return nil, err
	}
	return configuration, writeBundle(bundle, folder(ref))
}

// refOf is the reference of the bundle in a directory.
func refOf(dir string) (string, error) {
	own := "the demo's own bundles are " + strings.Join(Bundles(), ", ")
	if dir == "" {
		return "", fmt.Errorf("no bundle is named: give the directory of one; %s", own)
	}
	ref, err := scoring.RefOf(dir)
	if err != nil {
		return "", fmt.Errorf("bundle %s: %w; %s", dir, err, own)
	}
	return ref, nil
}

// CheckApart refuses a target in the directory of a bundle, which would be
// copied into itself; the demo's own bundles lie in no directory.
func CheckApart(bundle, target string) error {
	source, err := os.Stat(bundle)
	if _, own := ownBundles()[bundle]; own || err != nil {
		return nil // what is not there is told when it is read
	}
	at, err := filepath.Abs(target)
	if err != nil {
		return err
	}
	for { // the folders of the target that are there, links followed
		real, err := filepath.EvalSymlinks(at)
		if err == nil {
			at = real
			break
		}
		if !errors.Is(err, fs.ErrNotExist) || filepath.Dir(at) == at {
			return err
		}
		at = filepath.Dir(at)
	}
	for {
		if info, err := os.Stat(at); err == nil && os.SameFile(info, source) {
			return fmt.Errorf("bundle %s: would be copied into itself, to %s; name a directory outside of the bundle to write to", bundle, target)
		}
		if filepath.Dir(at) == at {
			return nil
		}
		at = filepath.Dir(at)
	}
}

// configurationOf loads the bundle in a directory and returns the configuration
// that scores with it.
func configurationOf(dir string) ([]byte, error) {
	b, certificate, err := scoring.Load(dir)
	if err != nil {
		return nil, err
	}
	if !slices.Equal(b.Classes, []string{"0", "1"}) {
		return nil, fmt.Errorf("bundle %s: has the classes %q; the loans of the demo are repaid, 1, or not, 0", dir, b.Classes)
	}
	accuracy, ok := certificate.Figure(scoring.CheckPerformance, "accuracy")
	if !ok {
		return nil, fmt.Errorf("bundle %s: has no performance test, and the demo's alarm takes its bound from the accuracy seen there; give it performance.csv and tests.performance", dir)
	}
	return configurationFor(b.Ref(), accuracy), nil
}

// configurationFor returns the configuration for another champion, whose alarm
// expects what its performance test saw.
func configurationFor(ref string, accuracy float64) []byte {
	text := func(bound float64) string { return strconv.FormatFloat(bound, 'f', 2, 64) }
	below, clear := bounds(accuracy)
	return []byte(strings.NewReplacer(
		"champion: "+DefaultBundle, "champion: "+ref,
		"below: 0.86", "below: "+text(below), "clear: 0.87", "clear: "+text(clear),
	).Replace(string(configuration)))
}

// bounds are those of the alarm for a model that was right on this share of the
// rows of its performance test: a point below it, rounded down to a hundredth,
// and from there a hundredth up until it clears.
func bounds(accuracy float64) (below, clear float64) {
	points := math.Floor(100*accuracy-1+1e-9) / 100
	return points, points + 0.01
}

func writeBundle(bundle, dir string) error {
	var files fs.FS = os.DirFS(bundle)
	if own, ok := ownBundles()[bundle]; ok {
		var err error
		if files, err = fs.Sub(bundleFiles, own); err != nil {
			return err
		}
	}
	return fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		to := filepath.Join(dir, filepath.FromSlash(name))
		if d.IsDir() {
			err = os.MkdirAll(to, 0o755)
		} else {
			var data []byte
			if data, err = fs.ReadFile(files, name); err == nil {
				err = os.WriteFile(to, data, 0o644)
			}
		}
		if err != nil {
			return fmt.Errorf("bundle of the demo: %w", err)
		}
		return nil
	})
}
