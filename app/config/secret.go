package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

const (
	redacted    = "<secret>"
	fileScheme  = "file:"
	secretLimit = 64 << 10
)

// Secret is a password or token that no formatting prints. One that was given
// as file:PATH is read again at each use, so that it may be rotated.
type Secret struct {
	value string
	path  string
}

// NewSecret returns a secret with the given value.
func NewSecret(value string) Secret { return Secret{value: value} }

// IsZero reports whether no secret was given.
func (s Secret) IsZero() bool { return s == Secret{} }

// Reveal returns the secret itself, read from its file where it has one,
// without the newline at the end.
func (s Secret) Reveal() (string, error) {
	if s.path == "" {
		return s.value, nil
	}
	info, err := os.Stat(s.path)
	if err != nil {
		return "", fmt.Errorf("secret: %w", err)
	}
	if !info.Mode().IsRegular() {
		return "", fmt.Errorf("secret: %s is not a regular file", s.path)
	}
	f, err := os.Open(s.path)
	if err != nil {
		return "", fmt.Errorf("secret: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, secretLimit+1))
	switch {
	case err != nil:
		return "", fmt.Errorf("secret: %w", err)
	case len(data) > secretLimit:
		return "", fmt.Errorf("secret: %s is longer than %s", s.path, Size(secretLimit))
	}
	value := strings.TrimRight(string(data), "\r\n")
	if value == "" {
		return "", errors.New("secret: " + s.path + " is empty")
	}
	return value, nil
}

// String names the file of a secret, or says that there is one.
func (s Secret) String() string {
	switch {
	case s.path != "":
		return fileScheme + s.path
	case s.value != "":
		return redacted
	}
	return ""
}

// Format prints as String does whatever the verb, so that not even %d or %#v tells.
func (s Secret) Format(f fmt.State, _ rune) { io.WriteString(f, s.String()) }

// MarshalText keeps encoders from looking inside.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
