package scoring

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
)

// Files of a bundle whose names are fixed.
const (
	bundleFile      = "bundle.yaml"
	goldenFile      = "golden.csv"
	certificateFile = "certificate.json"
	referenceFile   = "reference.json"
)

// Limits of a bundle as a whole.
const (
	maxFiles      = 1000
	maxFileBytes  = 1 << 30
	maxTableBytes = 1 << 30 // after decompression
)

// files is the directory of a bundle. Nothing outside is ever opened: names go
// through os.Root, and a bundle with a symlink in it is refused.
type files struct {
	root *os.Root
	dir  string
	last string // the file opened last
}

// openFiles opens dir and refuses what a bundle must not hold.
func openFiles(dir string) (*files, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	f := &files{root: root, dir: dir}
	if _, err := f.list(); err != nil {
		return nil, errors.Join(err, root.Close())
	}
	return f, nil
}

func (f *files) close() error { return f.root.Close() }

// list returns the paths of all regular files, sorted by directory and name.
func (f *files) list() ([]string, error) {
	var paths []string
	err := fs.WalkDir(f.root.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			return nil
		case !entry.Type().IsRegular():
			return fmt.Errorf("%s: is a %s; a bundle holds files and directories only", name, kindOf(entry.Type()))
		case len(paths) == maxFiles:
			return fmt.Errorf("holds more than %d files", maxFiles)
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		if info.Size() > maxFileBytes {
			return fmt.Errorf("%s: %d bytes are more than the %d allowed", name, info.Size(), maxFileBytes)
		}
		paths = append(paths, name)
		return nil
	})
	return paths, err
}

func kindOf(mode fs.FileMode) string {
	if mode&fs.ModeSymlink != 0 {
		return "symbolic link"
	}
	return "special file"
}

// read returns the whole file, refusing more than limit bytes.
func (f *files) read(name string, limit int64) ([]byte, error) {
	file, err := f.open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("%s: is larger than the %d bytes allowed", name, limit)
	}
	return data, nil
}

func (f *files) open(name string) (*os.File, error) {
	if err := checkPath(name); err != nil {
		return nil, err
	}
	f.last = name
	return f.root.Open(name)
}

// exists reports whether name is a file of the bundle.
func (f *files) exists(name string) bool {
	info, err := f.root.Stat(name)
	return err == nil && info.Mode().IsRegular()
}

// write puts data into name, whole or not at all.
func (f *files) write(name string, data []byte) error {
	if err := checkPath(name); err != nil {
		return err
	}
	if dir := path.Dir(name); dir != "." {
		if err := f.root.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	part := name + ".part"
	if err := f.root.WriteFile(part, data, 0o644); err != nil {
		return errors.Join(err, f.root.Remove(part))
	}
	return f.root.Rename(part, name)
}

// digest is the SHA-256, in hexadecimal, over a line "<sha256>  <path>\n" for
// every file but the certificate and the signature, ascending by path: what
// `find * -type f ! -path certificate.json ! -path signature | LC_ALL=C sort | xargs -d '\n' sha256sum | sha256sum`
// prints.
func (f *files) digest() (string, error) {
	paths, err := f.list()
	if err != nil {
		return "", err
	}
	slices.Sort(paths)
	whole := sha256.New()
	for _, name := range paths {
		if outsideDigest(name) {
			continue
		}
		file, err := f.open(name)
		if err != nil {
			return "", err
		}
		one := sha256.New()
		_, err = io.Copy(one, file)
		if err := errors.Join(err, file.Close()); err != nil {
			return "", fmt.Errorf("%s: %w", name, err)
		}
		fmt.Fprintf(whole, "%s  %s\n", hexSum(one), name)
	}
	return hexSum(whole), nil
}

// outsideDigest reports whether name is a file about the bundle, not of it.
func outsideDigest(name string) bool { return name == certificateFile || name == signatureFile }

// checkFile refuses what bundle.yaml must not name as a file of the bundle.
func checkFile(name string) error {
	if outsideDigest(name) {
		return fmt.Errorf("%q is not covered by the digest; name the file otherwise", name)
	}
	return checkPath(name)
}

// Digest returns the digest of the bundle in dir; see [Bundle.Digest].
func Digest(dir string) (string, error) {
	f, err := openFiles(dir)
	if err != nil {
		return "", err
	}
	digest, err := f.digest()
	return digest, errors.Join(err, f.close())
}

func hexSum(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil)) }

// table reads a CSV file of the bundle, decompressing it where it is gzip.
func (f *files) table(name string) (*Table, error) {
	file, err := f.open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return ReadTable(file, name)
}
