package app

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hindsight/app/config"
	"hindsight/app/demo"
	"hindsight/scoring"
	bundles "hindsight/scoring/origin"
)

// A bundle comes out of an archive as out of the folder, and where a
// signature is required only one that was signed does.
func TestBundleFromAnArchiveAndSigned(t *testing.T) {
	work := t.TempDir()
	dir := filepath.Join(work, "bundles", "loans")
	if err := demo.WriteBundle(dir); err != nil {
		t.Fatal(err)
	}
	m := config.Model{Bundles: filepath.Join(work, "none"), Champion: "car-loan@1", Cache: filepath.Join(work, "cache"),
		Sources: []string{filepath.Join(work, "not-there.tar.gz"), filepath.Join(work, "loans.tar.gz")}}
	archive := func() {
		t.Helper()
		file, err := os.Create(m.Sources[1])
		if err != nil {
			t.Fatal(err)
		}
		if err := bundles.Pack(file, dir); err != nil {
			t.Fatal(err)
		}
		if err := file.Close(); err != nil {
			t.Fatal(err)
		}
	}
	archive()
	b, _, err := LoadBundle(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	if b.Ref() != "car-loan@1" || !strings.HasPrefix(b.Dir(), m.Cache) {
		t.Errorf("%s in %s", b.Ref(), b.Dir())
	}

	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	m.Require, m.Keys = []string{"signature"}, []string{filepath.Join(work, "signer.pub.pem")}
	if err := os.WriteFile(m.Keys[0], pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, _, err = LoadBundle(t.Context(), m); err == nil || !strings.Contains(err.Error(), "signature: is required") {
		t.Errorf("unsigned: %v", err)
	}
	if err := scoring.Sign(dir, private); err != nil {
		t.Fatal(err)
	}
	archive()
	if _, _, err := LoadBundle(t.Context(), m); err != nil {
		t.Errorf("signed: %v", err)
	}

	m.Champion = "car-loan@2"
	if _, _, err = LoadBundle(t.Context(), m); err == nil || !strings.Contains(err.Error(), "not-there.tar.gz") {
		t.Errorf("a champion that is nowhere: %v", err)
	}
}
