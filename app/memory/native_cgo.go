//go:build cgo

package memory

// storeOutside says that the store's cache and memtables come from C, which
// the collector neither counts nor bounds.
const storeOutside = true
