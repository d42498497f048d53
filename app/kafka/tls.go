package kafka

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"

	"hindsight/app/config"
)

// tlsConfig loads the files once to report what is wrong with them, and the
// client's certificate again at every handshake, so that it may be rotated.
func tlsConfig(cfg config.TLS) (*tls.Config, error) {
	out := &tls.Config{MinVersion: tls.VersionTLS12}
	if cfg.CA != "" {
		roots, err := loadRoots("kafka.tls.ca", cfg.CA)
		if err != nil {
			return nil, err
		}
		out.RootCAs = roots
	}
	if cfg.Cert == "" {
		return out, nil
	}
	load := func() (*tls.Certificate, error) {
		pair, err := tls.LoadX509KeyPair(cfg.Cert, cfg.Key)
		if err != nil {
			return nil, fmt.Errorf("kafka.tls.cert %s, key %s: %w", cfg.Cert, cfg.Key, err)
		}
		return &pair, nil
	}
	if _, err := load(); err != nil {
		return nil, err
	}
	out.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return load() }
	return out, nil
}

// loadRoots reads the authorities to trust; key names the setting in errors.
func loadRoots(key, file string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", key, err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s: %s holds no PEM certificate", key, file)
	}
	return roots, nil
}
