package metric

import (
	"cmp"
	"math"
	"slices"

	"hindsight/schemas"
)

const (
	slots = 2 * schemas.HistogramBins

	// sparseLimit is where the sparse form would outgrow the narrowest dense one.
	sparseLimit = slots / 4
)

// slot places a bin: the two counts of a bin lie side by side, in the order of the scores.
func slot(positive bool, bin uint16) int {
	at := 2 * int(bin)
	if positive {
		at++
	}
	return at
}

// histogram counts outcomes by slot in the smallest form that holds the counts:
// a long horizon keeps thousands of windows alive, most of them nearly empty.
type histogram struct {
	sparse []sparseCount // sorted by slot; unused once one of the dense forms is
	narrow []int16
	wide   []int32
	full   []int64
}

type sparseCount struct {
	slot uint16
	n    int32
}

func (h *histogram) add(slot int, n int64) {
	if h.full == nil && h.wide == nil && h.narrow == nil {
		if h.addSparse(slot, n) {
			return
		}
		h.narrow = make([]int16, slots)
		moved := h.sparse
		h.sparse = nil
		for _, c := range moved {
			h.add(int(c.slot), int64(c.n))
		}
	}
	if h.narrow != nil && !tryAdd(h.narrow, slot, n) {
		h.wide, h.narrow = widened[int32](h.narrow), nil
	} else if h.narrow != nil {
		return
	}
	if h.wide != nil && !tryAdd(h.wide, slot, n) {
		h.full, h.wide = widened[int64](h.wide), nil
	} else if h.wide != nil {
		return
	}
	h.full[slot] += n
}

// addSparse reports false where the sparse form cannot hold the result.
func (h *histogram) addSparse(slot int, n int64) bool {
	i, found := slices.BinarySearchFunc(h.sparse, slot, func(c sparseCount, slot int) int {
		return cmp.Compare(int(c.slot), slot)
	})
	sum := n
	if found {
		sum += int64(h.sparse[i].n)
	}
	switch {
	case sum > math.MaxInt32 || sum < math.MinInt32:
		return false
	case found && sum == 0:
		h.sparse = slices.Delete(h.sparse, i, i+1)
	case found:
		h.sparse[i].n = int32(sum)
	case sum == 0:
	case len(h.sparse) >= sparseLimit:
		return false
	default:
		h.sparse = slices.Insert(h.sparse, i, sparseCount{uint16(slot), int32(sum)})
	}
	return true
}

type count interface{ int16 | int32 | int64 }

func tryAdd[T count](counts []T, slot int, n int64) bool {
	sum := int64(counts[slot]) + n
	if int64(T(sum)) != sum {
		return false
	}
	counts[slot] = T(sum)
	return true
}

func widened[To, From count](from []From) []To {
	to := make([]To, len(from))
	for i, n := range from {
		to[i] = To(n)
	}
	return to
}

// load writes every count into dst.
func (h *histogram) load(dst *[slots]int64) {
	switch {
	case h.full != nil:
		copy(dst[:], h.full)
	case h.wide != nil:
		loadFrom(dst, h.wide)
	case h.narrow != nil:
		loadFrom(dst, h.narrow)
	default:
		clear(dst[:])
		for _, c := range h.sparse {
			dst[c.slot] = int64(c.n)
		}
	}
}

func loadFrom[T count](dst *[slots]int64, counts []T) {
	for i, n := range counts {
		dst[i] = int64(n)
	}
}
