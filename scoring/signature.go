package scoring

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
)

// CheckSignature is the check that somebody trusted signed the bundle. It is
// made where keys are given or a signature is required.
const CheckSignature = "signature"

// signatureFile holds the Ed25519 signature (RFC 8032) of signedText in
// base64. Like the certificate it is not part of the digest.
const signatureFile = "signature"

// signedText is what is signed: the digest covers every file.
func signedText(digest string) []byte { return []byte("hindsight bundle sha256:" + digest + "\n") }

// Sign writes the signature of the bundle in dir by key.
func Sign(dir string, key ed25519.PrivateKey) error {
	f, err := openFiles(dir)
	if err != nil {
		return bundleError(dir, err)
	}
	digest, err := f.digest()
	if err == nil {
		text := base64.StdEncoding.EncodeToString(ed25519.Sign(key, signedText(digest)))
		err = f.write(signatureFile, []byte(text+"\n"))
	}
	if err := errors.Join(err, f.close()); err != nil {
		return bundleError(dir, err)
	}
	return nil
}

// Trust makes Test check the signature against keys.
func Trust(keys ...ed25519.PublicKey) Option {
	return func(o *options) { o.keys = append(o.keys, keys...) }
}

// checkSignature looks for the key that signed the bundle.
func (b *Bundle) checkSignature(f *files, keys []ed25519.PublicKey) Check {
	check := Check{Name: CheckSignature, Result: NotShown}
	if !f.exists(signatureFile) {
		return check
	}
	text, err := f.read(signatureFile, 4096)
	if err != nil {
		return broken(CheckSignature, err)
	}
	signature, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(text)))
	if err != nil {
		return broken(CheckSignature, fmt.Errorf("%s: is not base64", signatureFile))
	}
	for i, key := range keys {
		if ed25519.Verify(key, signedText(b.Digest), signature) {
			check.Result, check.Detail = Passed, fmt.Sprintf("signed by key %d of %d", i+1, len(keys))
			return check
		}
	}
	return broken(CheckSignature, fmt.Errorf("none of the %d trusted keys signed sha256:%s", len(keys), b.Digest))
}

// ParsePrivateKey reads an Ed25519 key in PKCS #8 and PEM, as
// `openssl genpkey -algorithm ed25519` writes it.
func ParsePrivateKey(data []byte) (ed25519.PrivateKey, error) {
	block, _ := pem.Decode(data)
	if block == nil || block.Type != "PRIVATE KEY" {
		return nil, errors.New("is not a private key in PEM; `openssl genpkey -algorithm ed25519` makes one")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errors.New("is not a private key in PKCS #8")
	}
	key, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		return nil, errors.New("is not an Ed25519 key")
	}
	return key, nil
}

// ParsePublicKey reads an Ed25519 key in PEM, as `openssl pkey -pubout` writes it.
func ParsePublicKey(data []byte) (ed25519.PublicKey, error) {
	block, _ := pem.Decode(data)
	if block == nil || block.Type != "PUBLIC KEY" {
		return nil, errors.New("is not a public key in PEM; `openssl pkey -in KEY -pubout` writes one")
	}
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	key, ok := parsed.(ed25519.PublicKey)
	if !ok {
		return nil, errors.New("is not an Ed25519 key")
	}
	return key, nil
}
