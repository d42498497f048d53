package store

import (
	"io"
	"sync"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// fence is the file system as Pebble sees it. The first write that fails ends
// the store, and neither that nor any later one ever returns to Pebble: it would
// try again without a pause, panic with its mutexes held, which ends the process
// whoever recovers, or touch files that a successor has opened. Who waits for
// Pebble does so by health.run.
type fence struct {
	vfs.FS
	health *health
	lock   io.Closer // nil: not held
}

// write does what may not fail: it returns only where op did not.
func (f *fence) write(op func() error) {
	if f.health.err() != nil {
		select {}
	}
	if err := op(); err != nil {
		f.health.fail(err)
		select {}
	}
}

// file is a file or folder that is written to.
func (f *fence) file(open func() (vfs.File, error)) (vfs.File, error) {
	var opened vfs.File
	f.write(func() (err error) { opened, err = open(); return err })
	return &fencedFile{opened, f}, nil
}

// Create implements vfs.FS.
func (f *fence) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	return f.file(func() (vfs.File, error) { return f.FS.Create(name, c) })
}

// ReuseForWrite implements vfs.FS.
func (f *fence) ReuseForWrite(from, to string, c vfs.DiskWriteCategory) (vfs.File, error) {
	return f.file(func() (vfs.File, error) { return f.FS.ReuseForWrite(from, to, c) })
}

// OpenDir implements vfs.FS. Folders are opened to be synced.
func (f *fence) OpenDir(name string) (vfs.File, error) {
	return f.file(func() (vfs.File, error) { return f.FS.OpenDir(name) })
}

// Rename implements vfs.FS.
func (f *fence) Rename(from, to string) error {
	f.write(func() error { return f.FS.Rename(from, to) })
	return nil
}

// Remove implements vfs.FS. What cannot be removed is only in the way.
func (f *fence) Remove(name string) (err error) {
	f.write(func() error { err = f.FS.Remove(name); return nil })
	return err
}

// List implements vfs.FS. Pebble lists while it opens: an error then would make
// it close what its background jobs still use.
func (f *fence) List(name string) (names []string, _ error) {
	f.write(func() (err error) { names, err = f.FS.List(name); return err })
	return names, nil
}

// Lock implements vfs.FS.
func (f *fence) Lock(name string) (io.Closer, error) {
	lock, err := f.FS.Lock(name)
	if err != nil {
		return nil, err
	}
	f.lock = &lockOnce{Closer: lock}
	return f.lock, nil
}

// unlock gives the lock back, whether or not Pebble holds on to it.
func (f *fence) unlock() error { return f.lock.Close() }

// Unwrap implements vfs.FS: nothing may go around the fence.
func (f *fence) Unwrap() vfs.FS { return nil }

// fencedFile is a file behind the fence.
type fencedFile struct {
	vfs.File
	fence *fence
}

// Write implements vfs.File.
func (f *fencedFile) Write(p []byte) (n int, _ error) {
	f.fence.write(func() (err error) { n, err = f.File.Write(p); return err })
	return n, nil
}

// WriteAt implements vfs.File.
func (f *fencedFile) WriteAt(p []byte, at int64) (n int, _ error) {
	f.fence.write(func() (err error) { n, err = f.File.WriteAt(p, at); return err })
	return n, nil
}

// Sync implements vfs.File.
func (f *fencedFile) Sync() error {
	f.fence.write(f.File.Sync)
	return nil
}

// SyncData implements vfs.File.
func (f *fencedFile) SyncData() error {
	f.fence.write(f.File.SyncData)
	return nil
}

// SyncTo implements vfs.File.
func (f *fencedFile) SyncTo(length int64) (full bool, _ error) {
	f.fence.write(func() (err error) { full, err = f.File.SyncTo(length); return err })
	return full, nil
}

// Close implements vfs.File.
func (f *fencedFile) Close() error {
	f.fence.write(f.File.Close)
	return nil
}

// lockOnce is closed once, however often.
type lockOnce struct {
	io.Closer
	once sync.Once
}

// Close implements io.Closer.
func (l *lockOnce) Close() (err error) {
	l.once.Do(func() { err = l.Closer.Close() })
	return err
}
