package origin

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"hindsight/scoring"
)

// cache is a folder of unpacked bundles. Every archive is unpacked into a
// folder of its own. The file entry-KEY, KEY being the digest of the archive,
// then names that folder and the digest of the bundle in it. As files are put
// into their place by a rename, an entry is whole or not there, whoever adds
// the same at the same time or is killed while at it.
type cache struct{ dir string }

// folders begins the names of the folders.
const folders = "unpacked-"

// find returns the bundle of key, "" where it is not there. One that has
// changed since it was unpacked is removed. Want is as in add.
func (c cache) find(key, want string) (string, error) {
	entry, err := c.get("entry-" + key)
	if err != nil {
		return "", err
	}
	folder, digest, _ := strings.Cut(strings.TrimSpace(string(entry)), " ")
	if !strings.HasPrefix(folder, folders) || folder != filepath.Base(folder) {
		return "", nil
	}
	folder = filepath.Join(c.dir, folder)
	dir, got, err := bundleIn(folder)
	if err != nil || got != digest {
		return "", os.RemoveAll(folder)
	}
	if err := vouched(got, want); err != nil {
		return "", err
	}
	return dir, nil
}

// add unpacks archive, whose digest is key, and returns the bundle. Want is
// the bundle's digest where somebody vouches for it, else "".
func (c cache) add(key string, archive io.Reader, want string) (string, error) {
	if err := os.MkdirAll(c.dir, 0o755); err != nil {
		return "", err
	}
	folder, err := os.MkdirTemp(c.dir, folders)
	if err != nil {
		return "", err
	}
	bundle, err := c.fill(folder, key, archive, want)
	if err != nil || !strings.HasPrefix(bundle, folder) {
		err = errors.Join(err, os.RemoveAll(folder))
	}
	return bundle, err
}

// fill makes folder the entry of key, unless another process was faster.
func (c cache) fill(folder, key string, archive io.Reader, want string) (string, error) {
	dir, digest, err := unpackAs(key, archive, folder)
	if err != nil {
		return "", err
	}
	if err := errors.Join(vouched(digest, want), os.Chmod(folder, 0o755)); err != nil {
		return "", err
	}
	if found, err := c.find(key, want); found != "" || err != nil {
		return found, err
	}
	return dir, c.put("entry-"+key, []byte(filepath.Base(folder)+" "+digest+"\n"))
}

// unpackAs unpacks archive into folder and returns the bundle in it and its
// digest. The bytes that were unpacked are those that key has to be the digest of.
func unpackAs(key string, archive io.Reader, folder string) (dir, digest string, err error) {
	sum := sha256.New()
	read := io.TeeReader(archive, sum)
	if err := unpack(read, folder, standardLimits()); err != nil {
		return "", "", err
	}
	if _, err := io.Copy(io.Discard, read); err != nil {
		return "", "", err
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != key {
		return "", "", fmt.Errorf("changed while it was read, from sha256:%s to sha256:%s", key, got)
	}
	return bundleIn(folder)
}

// vouched compares the digest of a bundle with want, unless that is "".
func vouched(digest, want string) error {
	if want != "" && digest != want {
		return fmt.Errorf("holds files of the digest sha256:%s, its manifest says sha256:%s", digest, want)
	}
	return nil
}

// bundleIn returns dir, or the one folder in it that everything lies in, as
// where `tar czf fraud.tar.gz fraud@1` was packed, and the bundle's digest.
func bundleIn(dir string) (bundle, digest string, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", "", err
	}
	if len(entries) == 1 && entries[0].IsDir() {
		dir = filepath.Join(dir, entries[0].Name())
	}
	if _, err := os.Stat(filepath.Join(dir, "bundle.yaml")); err != nil {
		return "", "", errors.New("holds no bundle.yaml: it is not a bundle")
	}
	digest, err = scoring.Digest(dir)
	return dir, digest, err
}

// get returns the file name of the cache, nothing where it is not there.
func (c cache) get(name string) ([]byte, error) {
	data, err := os.ReadFile(filepath.Join(c.dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return data, err
}

// put makes data the file name of the cache, whole or not at all.
func (c cache) put(name string, data []byte) error {
	if there, err := c.get(name); err == nil && bytes.Equal(there, data) {
		return nil // nor is there a need to be able to write
	}
	file, err := os.CreateTemp(c.dir, "writing-")
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	if err := errors.Join(err, file.Close()); err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return os.Rename(file.Name(), filepath.Join(c.dir, name))
}
