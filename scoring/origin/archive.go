package origin

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
)

// limits bound what an archive may become.
type limits struct {
	bytes   int64 // of all files together
	entries int   // files and directories
	ratio   int64 // bytes unpacked per byte read, beyond the first of slack
	slack   int64
}

func standardLimits() limits {
	return limits{bytes: 1 << 30, entries: 4000, ratio: 100, slack: 1 << 20}
}

// unpack writes the files of a tar.gz archive into dir, which is empty. Only
// regular files and directories pass, only under names that stay inside, each
// name once, and only within the limits. Modes, owners and times are not kept.
func unpack(archive io.Reader, dir string, l limits) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	return errors.Join(unpackInto(root, archive, l), root.Close())
}

func unpackInto(root *os.Root, archive io.Reader, l limits) error {
	read := &counter{r: archive}
	zipped, err := gzip.NewReader(read)
	if err != nil {
		return fmt.Errorf("is not a gzip file: %w", cutShort(err))
	}
	unpacked := &bounded{r: zipped, read: read, limits: l}
	files := tar.NewReader(unpacked)
	into := &unpacker{root: root, left: l.bytes}
	for entries := 0; ; entries++ {
		header, err := files.Next()
		switch {
		case err == io.EOF:
			return unpacked.drain()
		case err != nil:
			return fmt.Errorf("is not a tar archive: %w", cutShort(err))
		case entries == l.entries:
			return fmt.Errorf("holds more than %d files and directories", l.entries)
		}
		if err := into.entry(header, files); err != nil {
			return fmt.Errorf("%.200q: %w", header.Name, err)
		}
	}
}

// unpacker writes entries below root, left bytes of content at most. They are
// counted apart from what the archive is read as, lest one stand for many.
type unpacker struct {
	root *os.Root
	left int64
}

func (u *unpacker) entry(header *tar.Header, content io.Reader) error {
	for key := range header.PAXRecords { // of a regular file by its type
		if strings.HasPrefix(key, "GNU.sparse.") {
			return fmt.Errorf("is a %s; a bundle holds files and directories only", kindOf(tar.TypeGNUSparse))
		}
	}
	name := strings.TrimSuffix(strings.TrimPrefix(header.Name, "./"), "/")
	switch header.Typeflag {
	case tar.TypeXGlobalHeader: // git archive writes one; it is no file
		return nil
	case tar.TypeDir:
		if name == "" || name == "." {
			return nil
		}
	case tar.TypeReg:
	default:
		return fmt.Errorf("is a %s; a bundle holds files and directories only", kindOf(header.Typeflag))
	}
	if !fs.ValidPath(name) || name == "." || len(name) > 1024 || strings.ContainsAny(name, "\\:\x00") {
		return errors.New("is not a path inside the bundle")
	}
	if header.Typeflag == tar.TypeDir {
		return u.root.MkdirAll(name, 0o755)
	}
	if dir := path.Dir(name); dir != "." {
		if err := u.root.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	file, err := u.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return errors.New("is there twice")
	}
	if err != nil {
		return err
	}
	written, err := io.Copy(file, io.LimitReader(content, u.left+1))
	if u.left -= written; err == nil && u.left < 0 {
		err = errors.New("is more than all files together may be")
	}
	return errors.Join(cutShort(err), file.Close())
}

func kindOf(flag byte) string {
	kinds := map[byte]string{tar.TypeLink: "hard link", tar.TypeSymlink: "symbolic link", tar.TypeChar: "device",
		tar.TypeBlock: "device", tar.TypeFifo: "pipe", tar.TypeGNUSparse: "sparse file"}
	if kind, ok := kinds[flag]; ok {
		return kind
	}
	return fmt.Sprintf("thing of type %q", flag)
}

// cutShort says what an unexpected end means.
func cutShort(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return errors.New("is cut short")
	}
	return err
}

// counter counts the bytes read.
type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// bounded reads what is unpacked and stops where that becomes too much.
type bounded struct {
	r      io.Reader
	read   *counter
	n      int64
	limits limits
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	b.n += int64(n)
	switch {
	case b.n > b.limits.bytes:
		return 0, fmt.Errorf("unpacks to more than the %d bytes allowed", b.limits.bytes)
	case b.n > b.limits.slack+b.limits.ratio*b.read.n:
		return 0, fmt.Errorf("unpacks to more than %d times its size", b.limits.ratio)
	}
	return n, err
}

// drain reads to the end, so that the checksum is seen and nothing but the
// padding of tar follows.
func (b *bounded) drain() error {
	const padding = 1 << 20 // more than any blocking factor in use
	n, err := io.Copy(io.Discard, io.LimitReader(b, padding+1))
	switch {
	case err != nil:
		return cutShort(err)
	case n > padding:
		return errors.New("goes on after the end of the archive")
	}
	return nil
}
