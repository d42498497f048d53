package origin

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Pack writes the bundle in dir as a tar.gz archive: the same files are the
// same bytes. The bundle has to hold regular files only, as one that loads does.
func Pack(w io.Writer, dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	zipped := gzip.NewWriter(w)
	files := tar.NewWriter(zipped)
	err = fs.WalkDir(root.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil || entry.IsDir():
			return err
		case !entry.Type().IsRegular():
			return &fs.PathError{Op: "pack", Path: name, Err: errors.New("is no regular file")}
		}
		data, err := root.ReadFile(filepath.FromSlash(name))
		if err != nil {
			return err
		}
		header := &tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644, Size: int64(len(data)), Format: tar.FormatPAX}
		if err := files.WriteHeader(header); err != nil {
			return err
		}
		_, err = io.Copy(files, bytes.NewReader(data))
		return err
	})
	if err == nil {
		err = errors.Join(files.Close(), zipped.Close())
	}
	return errors.Join(err, root.Close())
}
