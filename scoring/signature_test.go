package scoring

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"testing"
)

func newKey(t *testing.T) (ed25519.PublicKey, ed25519.PrivateKey) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return public, private
}

func TestSignature(t *testing.T) {
	dir := writeBundle(t, testedFiles())
	public, private := newKey(t)
	other, stranger := newKey(t)
	_, _, err := Load(dir, Require(CheckSignature), Trust(public))
	wantErrors(t, err, "signature: is required, and the bundle has no such test")
	if _, _, err := Load(dir, Trust(public)); err != nil {
		t.Errorf("without a signature that nobody requires: %v", err)
	}

	before, err := Digest(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := Sign(dir, private); err != nil {
		t.Fatal(err)
	}
	b, c, err := Load(dir, Require(CheckSignature), Trust(other, public))
	if err != nil || b.Digest != before || byName(c)["signature"] != Passed {
		t.Errorf("%v, %+v", err, c)
	}
	_, _, err = Load(dir, Require(CheckSignature), Trust(other))
	wantErrors(t, err, "none of the 1 trusted keys signed")
	_, _, err = Load(dir, Require(CheckSignature))
	wantErrors(t, err, "none of the 0 trusted keys signed")

	if err := os.WriteFile(filepath.Join(dir, "notes.txt"), []byte("new"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, _, err = Load(dir, Trust(public))
	wantErrors(t, err, "none of the 1 trusted keys signed")
	if err := Sign(dir, stranger); err != nil {
		t.Fatal(err)
	}
	_, _, err = Load(dir, Trust(public))
	wantErrors(t, err, "none of the 1 trusted keys signed")
	if err := os.WriteFile(filepath.Join(dir, signatureFile), []byte("%%"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, _, err = Load(dir, Trust(public))
	wantErrors(t, err, "signature: is not base64")
}

func TestParseKeys(t *testing.T) {
	public, private := newKey(t)
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	if got, err := ParsePrivateKey(text); err != nil || !got.Equal(private) {
		t.Errorf("%v", err)
	}
	if der, err = x509.MarshalPKIXPublicKey(public); err != nil {
		t.Fatal(err)
	}
	shown := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	if got, err := ParsePublicKey(shown); err != nil || !got.Equal(public) {
		t.Errorf("%v", err)
	}
	_, err = ParsePublicKey(text)
	wantErrors(t, err, "is not a public key in PEM")
	_, err = ParsePrivateKey([]byte("nonsense"))
	wantErrors(t, err, "is not a private key in PEM")
}
