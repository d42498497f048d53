//go:build cgo

package memory

/*
#include <stdlib.h>
#ifdef __GLIBC__
#include <malloc.h>
static void one_arena(void) { mallopt(M_ARENA_MAX, 1); }
#else
static void one_arena(void) {}
#endif
*/
import "C"

// storeOutside says that the store's cache and memtables come from C, which
// the collector neither counts nor bounds.
const storeOutside = true

// boundNative keeps C from spreading blocks over an arena for each thread, which
// come to hold twice the store's share in their gaps.
func boundNative() { C.one_arena() }
