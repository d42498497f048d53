package parity

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"strings"
)

// Unzipped reads a file, gzip where its name ends in .gz.
func Unzipped(name string) ([]byte, error) {
	data, err := os.ReadFile(name)
	if err != nil || !strings.HasSuffix(name, ".gz") {
		return data, err
	}
	from, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if data, err = io.ReadAll(from); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return data, nil
}
