package demo

import (
	"embed"
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
// the folder bundles, and returns the configuration that scores with it.
func Install(bundle, bundles string) (configuration []byte, err error) {
	ref := bundle
	if _, own := ownBundles()[bundle]; !own {
		if ref, err = scoring.RefOf(bundle); err != nil {
			return nil, fmt.Errorf("%w; the demo's own bundles are %s", err, strings.Join(Bundles(), ", "))
		}
	}
	dir := filepath.Join(bundles, strings.ReplaceAll(ref, "@", "-"))
	if err := writeBundle(bundle, dir); err != nil || bundle == DefaultBundle {
		return Configuration(), err
	}
	b, certificate, err := scoring.Load(dir)
	if err != nil {
		return nil, err
	}
	if !slices.Equal(b.Classes, []string{"0", "1"}) {
		return nil, fmt.Errorf("bundle %s: has the classes %q; the loans of the demo are repaid, 1, or not, 0", bundle, b.Classes)
	}
	accuracy, ok := certificate.Figure(scoring.CheckPerformance, "accuracy")
	if !ok {
		return nil, fmt.Errorf("bundle %s: has no performance test, and the demo's alarm takes its bound from the accuracy seen there; give it performance.csv and tests.performance", bundle)
	}
	return configurationFor(ref, accuracy), nil
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
