// Package storetest holds what every store.Store must do, as tests that any
// implementation can be put through. It must not know which one it tests.
package storetest
