package origin

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"fmt"
	"io"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/opencontainers/go-digest"
	"oras.land/oras-go/v2/errdef"
	"oras.land/oras-go/v2/registry/remote/errcode"

	"hindsight/scoring"
)

// writeBundle writes a bundle that loads.
func writeBundle(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"bundle.yaml": "name: fraud\nversion: 1\ntask: regression\nmodel: {format: linear}\ninputs: [{name: x, type: number}]\n",
		"linear.json": `{"features":["x"],"coef":[[2]],"intercept":[1]}`,
		"golden.csv":  "x,value\n3,7\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func pack(t *testing.T, dir string) []byte {
	t.Helper()
	var archive bytes.Buffer
	if err := Pack(&archive, dir); err != nil {
		t.Fatal(err)
	}
	return archive.Bytes()
}

func wantError(t *testing.T, err error, text string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), text) {
		t.Errorf("error %v, want %q", err, text)
	}
}

func TestFetchArchive(t *testing.T) {
	dir, cacheDir := writeBundle(t), t.TempDir()
	archive := filepath.Join(t.TempDir(), "fraud.tar.gz")
	if err := os.WriteFile(archive, pack(t, dir), 0o644); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(pack(t, dir), pack(t, dir)) {
		t.Error("packed twice it has other bytes")
	}
	got, err := Fetch(t.Context(), archive, cacheDir)
	if err != nil {
		t.Fatal(err)
	}
	if !maps.Equal(inside(t, got), inside(t, dir)) {
		t.Errorf("%q", inside(t, got))
	}
	if _, _, err := scoring.Load(got, scoring.Require(scoring.CheckGolden)); err != nil {
		t.Fatal(err)
	}

	// What was changed in the cache is unpacked again.
	if err := os.WriteFile(filepath.Join(got, "linear.json"), []byte("{}"), 0o644); err != nil {
		t.Fatal(err)
	}
	again, err := Fetch(t.Context(), archive, cacheDir)
	if err != nil || !maps.Equal(inside(t, again), inside(t, dir)) {
		t.Errorf("%s after it was spoilt: %v", again, err)
	}

	if err := os.WriteFile(archive, pack(t, dir)[:60], 0o644); err != nil {
		t.Fatal(err)
	}
	_, err = Fetch(t.Context(), archive, cacheDir)
	wantError(t, err, "fraud.tar.gz: ")
	wantError(t, err, "is cut short")
	entries, err := os.ReadDir(cacheDir)
	if err != nil || len(entries) != 2 {
		t.Errorf("left in the cache: %v, %v", entries, err)
	}
}

func TestFetchArchiveWithAFolderAround(t *testing.T) {
	archive := filepath.Join(t.TempDir(), "a.tgz")
	if err := os.WriteFile(archive, archiveOf(t, entry{name: "fraud@1/bundle.yaml", content: "x"}), 0o644); err != nil {
		t.Fatal(err)
	}
	got, err := Fetch(t.Context(), archive, t.TempDir())
	if err != nil || filepath.Base(got) != "fraud@1" {
		t.Errorf("%s, %v", got, err)
	}
	if err := os.WriteFile(archive, archiveOf(t, entry{name: "a", content: "x"}), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err = Fetch(t.Context(), archive, t.TempDir())
	wantError(t, err, "holds no bundle.yaml")
}

func TestFetchDirectory(t *testing.T) {
	dir := writeBundle(t)
	if got, err := Fetch(t.Context(), dir, ""); got != dir || err != nil {
		t.Errorf("%s, %v", got, err)
	}
	_, err := Fetch(t.Context(), filepath.Join(dir, "bundle.yaml"), "")
	wantError(t, err, "is neither a directory nor a .tar.gz archive")
}

func TestPushAndFetch(t *testing.T) {
	server, ref := newRegistry(t)
	dir, cacheDir := writeBundle(t), t.TempDir()
	digest, err := Push(t.Context(), dir, ref)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := Push(t.Context(), dir, ref); err != nil || again != digest {
		t.Errorf("pushed again it is %s, %v", again, err)
	}
	pinned := strings.TrimSuffix(ref, ":1") + "@" + digest
	for _, ref := range []string{ref, pinned, ref} {
		got, err := Fetch(t.Context(), ref, cacheDir)
		if err != nil {
			t.Fatal(err)
		}
		if !maps.Equal(inside(t, got), inside(t, dir)) {
			t.Errorf("%s: %q", ref, inside(t, got))
		}
	}
	if server.pulled != 1 {
		t.Errorf("the archive was pulled %d times", server.pulled)
	}
}

func TestFetchRefusesWhatTheRegistrySpoilt(t *testing.T) {
	replace := func(old, new string) func(*registry) {
		return func(r *registry) {
			r.setManifest([]byte(strings.Replace(string(r.manifests["1"]), old, new, 1)))
		}
	}
	tests := map[string]struct {
		spoil func(*registry)
		want  string
	}{
		"another archive": {func(r *registry) {
			for name, data := range r.blobs {
				r.blobs[name] = flip(data, len(data)/2)
			}
		}, "its archive: "},
		"a shorter archive": {func(r *registry) {
			for name, data := range r.blobs {
				r.blobs[name] = data[:len(data)-1]
			}
		}, "mismatch"},
		"no archive":       {func(r *registry) { clear(r.blobs) }, "not found"},
		"another artifact": {replace(artifactType, "application/vnd.other.v1.thing"), "is an artifact of type"},
		"a huge layer": {func(r *registry) {
			text := string(r.manifests["1"])
			at := strings.LastIndex(text, `"size":`) + len(`"size":`)
			r.setManifest([]byte(text[:at] + "9" + text[at:]))
		}, "mismatch"},
		"another digest":       {replace(digestAnnotation+`":"`, digestAnnotation+`":"0`), "its manifest says sha256:0"},
		"no digest":            {replace(digestAnnotation, "something.else.of.theirs"), "lacks the annotation"},
		"a manifest of no use": {func(r *registry) { r.setManifest([]byte("[1]")) }, "is not JSON"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			server, ref := newRegistry(t)
			if _, err := Push(t.Context(), writeBundle(t), ref); err != nil {
				t.Fatal(err)
			}
			test.spoil(server)
			cacheDir := t.TempDir()
			_, err := Fetch(t.Context(), ref, cacheDir)
			wantError(t, err, test.want)
			if entries, err := os.ReadDir(cacheDir); err != nil || len(entries) > 0 {
				t.Errorf("left in the cache: %v, %v", entries, err)
			}
		})
	}
	_, err := Fetch(t.Context(), "oci://example.com/no-tag", t.TempDir())
	wantError(t, err, "wants a tag or a digest")
}

// A signature goes with the bundle, and is of its files.
func TestSignatureIsFetchedToo(t *testing.T) {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	_, ref := newRegistry(t)
	dir := writeBundle(t)
	if err := scoring.Sign(dir, private); err != nil {
		t.Fatal(err)
	}
	if _, err := Push(t.Context(), dir, ref); err != nil {
		t.Fatal(err)
	}
	got, err := Fetch(t.Context(), ref, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := scoring.Load(got, scoring.Require(scoring.CheckSignature), scoring.Trust(public)); err != nil {
		t.Error(err)
	}
}

// What was fetched before is there when the registry is not.
func TestFetchWithoutTheRegistry(t *testing.T) {
	server, ref := newRegistry(t)
	dir, cacheDir := writeBundle(t), t.TempDir()
	manifest, err := Push(t.Context(), dir, ref)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Fetch(t.Context(), ref, cacheDir); err != nil {
		t.Fatal(err)
	}
	server.gone()
	repository := strings.TrimSuffix(ref, ":1")
	for _, ref := range []string{ref, repository + "@" + manifest} {
		got, err := Fetch(t.Context(), ref, cacheDir)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := scoring.Load(got, scoring.Require(scoring.CheckGolden)); err != nil {
			t.Error(err)
		}
	}
	for _, ref := range []string{repository + ":2", repository + "@" + digestOf(nil)} {
		_, err = Fetch(t.Context(), ref, cacheDir)
		wantError(t, err, "refused")
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = Fetch(gone, ref, cacheDir)
	wantError(t, err, "canceled")

	// A manifest that was changed in the cache says nothing.
	name := filepath.Join(cacheDir, manifestFile(digest.Digest(manifest)))
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, append(text, ' '), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err = Fetch(t.Context(), ref, cacheDir)
	wantError(t, err, "refused")
}

// A tag that is gone is not what it was: the registry has answered.
func TestFetchTagThatIsGone(t *testing.T) {
	server, ref := newRegistry(t)
	cacheDir := t.TempDir()
	if _, err := Push(t.Context(), writeBundle(t), ref); err != nil {
		t.Fatal(err)
	}
	if _, err := Fetch(t.Context(), ref, cacheDir); err != nil {
		t.Fatal(err)
	}
	delete(server.manifests, "1")
	_, err := Fetch(t.Context(), ref, cacheDir)
	wantError(t, err, "not found")
}

// What is in the cache has to be what the manifest says, too.
func TestFetchComparesTheCacheWithTheManifest(t *testing.T) {
	server, ref := newRegistry(t)
	cacheDir := t.TempDir()
	if _, err := Push(t.Context(), writeBundle(t), ref); err != nil {
		t.Fatal(err)
	}
	if _, err := Fetch(t.Context(), ref, cacheDir); err != nil {
		t.Fatal(err)
	}
	good := server.manifests["1"]
	server.setManifest([]byte(strings.Replace(string(good), digestAnnotation+`":"`, digestAnnotation+`":"0`, 1)))
	_, err := Fetch(t.Context(), ref, cacheDir)
	wantError(t, err, "its manifest says sha256:0")
	server.setManifest(good)
	if _, err := Fetch(t.Context(), ref, cacheDir); err != nil || server.pulled != 1 {
		t.Errorf("pulled %d times, %v", server.pulled, err)
	}
}

func TestUnreachable(t *testing.T) {
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	network := &url.Error{Op: "Head", URL: "http://x", Err: io.EOF}
	tests := []struct {
		ctx  context.Context
		err  error
		want bool
	}{
		{t.Context(), network, true},
		{gone, network, false},
		{t.Context(), &errcode.ErrorResponse{StatusCode: 503}, true},
		{t.Context(), &errcode.ErrorResponse{StatusCode: 401}, false},
		{t.Context(), errdef.ErrNotFound, false},
	}
	for _, test := range tests {
		if got := unreachable(test.ctx, fmt.Errorf("resolve: %w", test.err)); got != test.want {
			t.Errorf("%v: %v", test.err, got)
		}
	}
}
