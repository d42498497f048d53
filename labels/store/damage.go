package store

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"syscall"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/record"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// ErrDamaged says that files of a store are missing, cannot be read back as
// they were written, or are of a newer format. The store must be removed; what
// it held is rebuilt from Kafka.
var ErrDamaged = errors.New("the state store is damaged")

// FS is a file system; the disk's is vfs.Default.
type FS = vfs.FS

// Remove deletes the store in dir, which nobody may have open. Where options
// name no file system, it is the disk's.
func Remove(dir string, options Options) error {
	if err := options.fs().RemoveAll(dir); err != nil {
		return fmt.Errorf("state directory %s: %w", dir, err)
	}
	return nil
}

// asDamage marks an error of Pebble's as ErrDamaged where files are at fault.
func asDamage(err error) error {
	if err == nil || !pebble.IsCorruptionError(err) && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrDamaged, err)
}

// asOpenDamage marks an error of opening: all are damage but those that the
// system has a number for, as of a full disk or a missing right.
func asOpenDamage(err error) error {
	var number syscall.Errno
	if errors.As(err, &number) && number != syscall.ENOENT {
		return err
	}
	return fmt.Errorf("%w: %w", ErrDamaged, err)
}

// checkManifest reads the list of files to its end. Pebble itself stops in
// silence where the list is damaged and goes on with files of an earlier time,
// which may lack what came between them and the log.
func checkManifest(fsys vfs.FS, dir string) (err error) {
	desc, err := pebble.Peek(dir, fsys)
	if err != nil {
		return err
	}
	if !desc.Exists {
		return checkEmpty(fsys, dir)
	}
	f, err := fsys.Open(desc.ManifestFilename)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	r := record.NewReader(f, 0)
	for {
		edit, err := r.Next()
		if err == nil {
			_, err = io.Copy(io.Discard, edit)
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case record.IsInvalidRecord(err):
			return fmt.Errorf("%w: %s: %w", ErrDamaged, desc.ManifestFilename, err)
		case err != nil:
			return err
		}
	}
}

// checkEmpty returns ErrDamaged for files of a store that is not there: Pebble
// would begin a new one and take the log for its own.
func checkEmpty(fsys vfs.FS, dir string) error {
	names, err := fsys.List(dir)
	for _, name := range names {
		if ext := path.Ext(name); ext == ".log" || ext == ".sst" {
			return fmt.Errorf("%w: %s is there, the list of files is not", ErrDamaged, name)
		}
	}
	return err
}
