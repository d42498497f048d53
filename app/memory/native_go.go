//go:build !cgo

package memory

const storeOutside = false

func boundNative() {}
