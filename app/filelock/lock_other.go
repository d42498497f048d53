//go:build !unix

package filelock

import "os"

// Take opens the file only: there is no lock that ends with the process.
func Take(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
}
