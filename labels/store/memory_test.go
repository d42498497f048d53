package store_test

import (
	"testing"

	"hindsight/labels/store"
	"hindsight/labels/storetest"
)

func TestMemory(t *testing.T) {
	storetest.Run(t, func(*testing.T) store.Store { return store.NewMemory() })
}
