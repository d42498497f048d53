package origin

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// Remote reports whether ref has to be fetched or unpacked first: it is no
// directory but a tar.gz archive or an artifact in a registry.
func Remote(ref string) bool { return isOCI(ref) || isArchive(ref) }

func isArchive(ref string) bool {
	return strings.HasSuffix(ref, ".tar.gz") || strings.HasSuffix(ref, ".tgz")
}

// Fetch returns the directory of the bundle that ref names:
//
//	a directory                                      as it is
//	FILE.tar.gz, FILE.tgz                            unpacked into cacheDir
//	oci://HOST/REPOSITORY:TAG or …@sha256:DIGEST     fetched and unpacked there; oci+http:// without TLS
//
// What is in the cache is used again where its digest still is what it was. A
// reference by digest that is there needs no registry. A tag is resolved each
// time; where the registry cannot be reached, it means what it meant last.
func Fetch(ctx context.Context, ref, cacheDir string) (string, error) {
	c := cache{cacheDir}
	switch {
	case isOCI(ref):
		dir, err := fetchOCI(ctx, ref, c)
		return dir, wrap(ref, err)
	case isArchive(ref):
		dir, err := fetchArchive(ref, c)
		return dir, wrap(ref, err)
	}
	info, err := os.Stat(ref)
	if err == nil && !info.IsDir() {
		err = errors.New("is neither a directory nor a .tar.gz archive")
	}
	return ref, wrap(ref, err)
}

func wrap(ref string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("bundle %s: %w", ref, err)
}

func fetchArchive(name string, c cache) (string, error) {
	file, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer file.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return "", err
	}
	key := hex.EncodeToString(sum.Sum(nil))
	if dir, err := c.find(key, ""); dir != "" || err != nil {
		return dir, err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	return c.add(key, file, "")
}
