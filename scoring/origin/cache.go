package origin

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"hindsight/scoring"
)

// cache is a folder of unpacked bundles: sha256-KEY holds what the archive of
// that digest unpacked to, and sha256-KEY.digest the digest of the bundle.
type cache struct{ dir string }

// find returns the bundle of key, "" where it is not there. One that has
// changed since it was unpacked is removed.
func (c cache) find(key string) (string, error) {
	entry := c.entry(key)
	want, err := os.ReadFile(entry + ".digest")
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	dir, err := bundleIn(entry)
	if err == nil {
		var got string
		if got, err = scoring.Digest(dir); err == nil && got == strings.TrimSpace(string(want)) {
			return dir, nil
		}
	}
	return "", errors.Join(os.Remove(entry+".digest"), os.RemoveAll(entry))
}

func (c cache) entry(key string) string { return filepath.Join(c.dir, "sha256-"+key) }

// add unpacks archive as the entry of key and returns the bundle. Want is the
// bundle's digest where somebody vouches for it, else "".
func (c cache) add(key, archive, want string) (string, error) {
	if err := os.MkdirAll(c.dir, 0o755); err != nil {
		return "", err
	}
	part, err := os.MkdirTemp(c.dir, "unpacking-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(part)
	file, err := os.Open(archive)
	if err != nil {
		return "", err
	}
	if err := errors.Join(unpack(file, part, standardLimits()), file.Close()); err != nil {
		return "", err
	}
	dir, err := bundleIn(part)
	if err != nil {
		return "", err
	}
	digest, err := scoring.Digest(dir)
	if err != nil {
		return "", err
	}
	if want != "" && digest != want {
		return "", fmt.Errorf("holds files of the digest sha256:%s, its manifest says sha256:%s", digest, want)
	}
	if err := os.Chmod(part, 0o755); err != nil {
		return "", err
	}
	if err := os.Rename(part, c.entry(key)); err != nil { // another process may have been faster
		if found, findErr := c.find(key); findErr == nil && found != "" {
			return found, nil
		}
		return "", err
	}
	if err := os.WriteFile(c.entry(key)+".digest", []byte(digest+"\n"), 0o644); err != nil {
		return "", err
	}
	return bundleIn(c.entry(key))
}

// bundleIn returns dir, or the one folder in it that everything lies in, as
// where `tar czf fraud.tar.gz fraud@1` was packed.
func bundleIn(dir string) (string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", err
	}
	if len(entries) == 1 && entries[0].IsDir() {
		dir = filepath.Join(dir, entries[0].Name())
	}
	if _, err := os.Stat(filepath.Join(dir, "bundle.yaml")); err != nil {
		return "", errors.New("holds no bundle.yaml: it is not a bundle")
	}
	return dir, nil
}
