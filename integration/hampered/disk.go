package main

import (
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// pace lets so many bytes a second pass, whoever brings them.
type pace struct {
	rate int64 // 0: any

	mu   sync.Mutex
	next time.Time // when what was let in has passed
}

func (p *pace) take(n int) {
	if p.rate == 0 {
		return
	}
	p.mu.Lock()
	if now := time.Now(); p.next.Before(now) {
		p.next = now
	}
	p.next = p.next.Add(time.Duration(n) * time.Second / time.Duration(p.rate))
	until := p.next
	p.mu.Unlock()
	time.Sleep(time.Until(until))
}

// slowDisk takes its time to write.
type slowDisk struct {
	vfs.FS
	pace pace
	sync time.Duration
}

func (d *slowDisk) slow(f vfs.File, err error) (vfs.File, error) {
	if err != nil {
		return nil, err
	}
	return &slowFile{f, d}, nil
}

// Create implements vfs.FS.
func (d *slowDisk) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	return d.slow(d.FS.Create(name, c))
}

// ReuseForWrite implements vfs.FS.
func (d *slowDisk) ReuseForWrite(from, to string, c vfs.DiskWriteCategory) (vfs.File, error) {
	return d.slow(d.FS.ReuseForWrite(from, to, c))
}

type slowFile struct {
	vfs.File
	disk *slowDisk
}

// Write implements vfs.File.
func (f *slowFile) Write(b []byte) (int, error) {
	f.disk.pace.take(len(b))
	return f.File.Write(b)
}

// Sync implements vfs.File.
func (f *slowFile) Sync() error {
	time.Sleep(f.disk.sync)
	return f.File.Sync()
}

// SyncData implements vfs.File.
func (f *slowFile) SyncData() error {
	time.Sleep(f.disk.sync)
	return f.File.SyncData()
}

// SyncTo implements vfs.File.
func (f *slowFile) SyncTo(length int64) (bool, error) {
	time.Sleep(f.disk.sync)
	return f.File.SyncTo(length)
}
