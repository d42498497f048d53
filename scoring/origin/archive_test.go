package origin

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// entry is a file of an archive; its kind is a regular file unless told.
type entry struct {
	name, content string
	kind          byte
	link          string
}

func archiveOf(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var out bytes.Buffer
	zipped := gzip.NewWriter(&out)
	files := tar.NewWriter(zipped)
	for _, e := range entries {
		header := &tar.Header{Name: e.name, Typeflag: e.kind, Linkname: e.link, Size: int64(len(e.content)), Mode: 0o777}
		switch e.kind {
		case 0:
			header.Typeflag = tar.TypeReg
		case tar.TypeXGlobalHeader:
			header = &tar.Header{Typeflag: e.kind, PAXRecords: map[string]string{"comment": "a commit"}}
		}
		if err := files.WriteHeader(header); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(files, e.content); err != nil {
			t.Fatal(err)
		}
	}
	if err := files.Close(); err != nil {
		t.Fatal(err)
	}
	if err := zipped.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// inside returns what lies under dir, by path.
func inside(t testing.TB, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(filepath.Join(dir, name))
		found[name] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestUnpack(t *testing.T) {
	dir := t.TempDir()
	archive := archiveOf(t, entry{name: "./", kind: tar.TypeDir}, entry{name: "./bundle.yaml", content: "name: x\n"},
		entry{name: "sub/", kind: tar.TypeDir}, entry{name: "sub/deep/model.txt", content: "trees"}, entry{name: "pax", kind: tar.TypeXGlobalHeader})
	if err := unpack(bytes.NewReader(archive), dir, standardLimits()); err != nil {
		t.Fatal(err)
	}
	got := inside(t, dir)
	if len(got) != 2 || got["bundle.yaml"] != "name: x\n" || got["sub/deep/model.txt"] != "trees" {
		t.Errorf("%q", got)
	}
	info, err := os.Stat(filepath.Join(dir, "bundle.yaml"))
	if err != nil || info.Mode().Perm()&0o111 != 0 {
		t.Errorf("%v, %v: something may be run", info.Mode(), err)
	}
}

func TestUnpackRefusesHostileArchives(t *testing.T) {
	small := limits{bytes: 1 << 20, entries: 50, ratio: 100, slack: 1 << 16}
	good := archiveOf(t, entry{name: "bundle.yaml", content: strings.Repeat("a line of text\n", 200)})
	many := make([]entry, 51)
	for i := range many {
		many[i] = entry{name: strings.Repeat("x", i+1)}
	}
	random := make([]byte, 1<<20+1)
	for i, x := 0, uint32(1); i < len(random); i++ { // incompressible enough
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
		random[i] = byte(x)
	}
	tests := map[string]struct {
		archive []byte
		want    string
	}{
		"traversal":             {archiveOf(t, entry{name: "../evil"}), `"../evil": is not a path inside the bundle`},
		"traversal within":      {archiveOf(t, entry{name: "a/../../evil"}), "is not a path inside"},
		"traversal by dots":     {archiveOf(t, entry{name: "././../evil"}), "is not a path inside"},
		"absolute":              {archiveOf(t, entry{name: "/etc/passwd"}), "is not a path inside"},
		"backslashes":           {archiveOf(t, entry{name: `..\evil`}), "is not a path inside"},
		"a drive":               {archiveOf(t, entry{name: "c:evil"}), "is not a path inside"},
		"a directory above":     {archiveOf(t, entry{name: "../d/", kind: tar.TypeDir}), "is not a path inside"},
		"a long name":           {archiveOf(t, entry{name: strings.Repeat("n/", 2000) + "x"}), "is not a path inside"},
		"symbolic link":         {archiveOf(t, entry{name: "a", kind: tar.TypeSymlink, link: "/etc"}, entry{name: "a/passwd"}), `"a": is a symbolic link`},
		"hard link":             {archiveOf(t, entry{name: "a", kind: tar.TypeLink, link: "/etc/passwd"}), "is a hard link"},
		"device":                {archiveOf(t, entry{name: "a", kind: tar.TypeChar}), "is a device"},
		"block device":          {archiveOf(t, entry{name: "a", kind: tar.TypeBlock}), "is a device"},
		"pipe":                  {archiveOf(t, entry{name: "a", kind: tar.TypeFifo}), "is a pipe"},
		"twice":                 {archiveOf(t, entry{name: "a", content: "1"}, entry{name: "./a", content: "2"}), "is there twice"},
		"a file as a directory": {archiveOf(t, entry{name: "a"}, entry{name: "a/b"}), `"a/b": `},
		"too many":              {archiveOf(t, many...), "more than 50 files and directories"},
		"a bomb":                {archiveOf(t, entry{name: "a", content: strings.Repeat("\x00", 1<<20-2048)}), "unpacks to more than 100 times its size"},
		"too large":             {archiveOf(t, entry{name: "a", content: string(random)}), "unpacks to more than the 1048576 bytes allowed"},
		"sparse of PAX 0.0":     {sparse(t, "size", "2097152", "numblocks", "0"), `"a": is a sparse file`},
		"sparse of PAX 0.1":     {sparse(t, "map", "2097152,0", "numblocks", "1", "size", "2097152"), "is a sparse file"},
		"sparse of PAX 1.0":     {sparse(t, "major", "1", "minor", "0", "name", "b", "realsize", "2097152"), "is a sparse file"},
		"sparse of PAX 9.9":     {sparse(t, "major", "9", "minor", "9"), "is a sparse file"},
		"not gzip":              {[]byte("PK\x03\x04 and so on and on"), "is not a gzip file"},
		"nothing":               {nil, "is not a gzip file: is cut short"},
		"not tar":               {zip(t, strings.Repeat("no tar", 200)), "is not a tar archive"},
		"goes on":               {zip(t, string(unzip(t, good))+strings.Repeat("y", 1<<20)), "unpacks to more than"},
		"a wrong checksum":      {flip(good, len(good)-8), "checksum"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			around := t.TempDir()
			dir := filepath.Join(around, "in")
			if err := os.Mkdir(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			err := unpack(bytes.NewReader(test.archive), dir, small)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
			entries, err := os.ReadDir(around)
			if err != nil || len(entries) != 1 {
				t.Errorf("something escaped: %v, %v", entries, err)
			}
		})
	}
	for at := 1; at < len(good)-1; at += 7 {
		if err := unpack(bytes.NewReader(good[:at]), t.TempDir(), small); err == nil {
			t.Fatalf("an archive cut to %d of %d bytes was taken", at, len(good))
		}
	}
}

// sparse is an archive of one PAX sparse file: 2 MiB of a hole and nothing
// else. Go writes none, so the keys are put into a header of like length.
func sparse(t testing.TB, keysAndValues ...string) []byte {
	t.Helper()
	records := map[string]string{}
	for i := 0; i < len(keysAndValues); i += 2 {
		records["XYZ.sparse."+keysAndValues[i]] = keysAndValues[i+1]
	}
	var out bytes.Buffer
	files := tar.NewWriter(&out)
	content := make([]byte, 512)
	copy(content, "1\n2097152\n0\n")
	header := &tar.Header{Name: "a", Typeflag: tar.TypeReg, Size: int64(len(content)), PAXRecords: records}
	if err := files.WriteHeader(header); err != nil {
		t.Fatal(err)
	}
	if _, err := files.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := files.Close(); err != nil {
		t.Fatal(err)
	}
	return zip(t, strings.ReplaceAll(out.String(), "XYZ.sparse.", "GNU.sparse."))
}

// What is written is bounded, whatever the archive was read as.
func TestUnpackCountsWhatItWrites(t *testing.T) {
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	u := &unpacker{root: root, left: 10}
	for _, name := range []string{"a", "b"} {
		if err := u.entry(&tar.Header{Name: name, Typeflag: tar.TypeReg}, strings.NewReader("12345")); err != nil {
			t.Error(err)
		}
	}
	err = u.entry(&tar.Header{Name: "c", Typeflag: tar.TypeReg}, strings.NewReader("1"))
	wantError(t, err, "is more than all files together may be")
}

func unzipped(t testing.TB, data []byte) []byte {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func zip(t testing.TB, text string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func unzip(t testing.TB, data []byte) []byte {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func flip(data []byte, at int) []byte {
	changed := bytes.Clone(data)
	changed[at] ^= 1
	return changed
}

func FuzzUnpack(f *testing.F) {
	f.Add(archiveOf(f, entry{name: "bundle.yaml", content: "x"}, entry{name: "d/", kind: tar.TypeDir}))
	f.Add(archiveOf(f, entry{name: "../a"}, entry{name: "l", kind: tar.TypeSymlink, link: ".."}))
	f.Add(unzipped(f, archiveOf(f, entry{name: "bundle.yaml", content: "x"}, entry{name: "d/", kind: tar.TypeDir}, entry{name: "d/x", content: "y"})))
	f.Fuzz(func(t *testing.T, data []byte) {
		around := t.TempDir()
		dir := filepath.Join(around, "in")
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		// The tar inside, so that the fuzzer need not find checksums.
		for _, archive := range [][]byte{data, zip(t, string(data))} {
			_ = unpack(bytes.NewReader(archive), dir, limits{bytes: 1 << 20, entries: 20, ratio: 100, slack: 1 << 20})
		}
		entries, err := os.ReadDir(around)
		if err != nil || len(entries) != 1 {
			t.Fatalf("something escaped: %v, %v", entries, err)
		}
		size := 0
		for _, text := range inside(t, dir) {
			size += len(text)
		}
		if size > 2<<20 {
			t.Fatalf("unpacked to %d bytes", size)
		}
	})
}
