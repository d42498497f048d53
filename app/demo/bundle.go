package demo

import (
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

//go:embed bundle
var bundleFiles embed.FS

// WriteBundle writes the demo's model into a folder, which it makes.
func WriteBundle(dir string) error {
	return fs.WalkDir(bundleFiles, "bundle", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		to := filepath.Join(dir, filepath.FromSlash(strings.TrimPrefix(name, "bundle")))
		if d.IsDir() {
			err = os.MkdirAll(to, 0o755)
		} else {
			var data []byte
			if data, err = bundleFiles.ReadFile(name); err == nil {
				err = os.WriteFile(to, data, 0o644)
			}
		}
		if err != nil {
			return fmt.Errorf("bundle of the demo: %w", err)
		}
		return nil
	})
}
