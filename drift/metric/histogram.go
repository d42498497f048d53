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
// One of the forms is in use; the zero value is sparse.
type histogram struct {
	sparse []sparseCount // sorted by slot, without zeros
	narrow []int16
	wide   []int32
	full   []int64
}

type sparseCount struct {
	slot uint16
	n    int32
}

func (h *histogram) add(slot int, n int64) {
	fits := true
	switch {
	case h.full != nil:
		h.full[slot] += n
	case h.wide != nil:
		fits = tryAdd(h.wide, slot, n)
	case h.narrow != nil:
		fits = tryAdd(h.narrow, slot, n)
	default:
		fits = h.addSparse(slot, n)
	}
	if !fits {
		h.widen()
		h.add(slot, n)
	}
}

// widen goes over to the next larger form.
func (h *histogram) widen() {
	switch {
	case h.wide != nil:
		h.full = make([]int64, slots)
		addAll(h.full, h.wide, 1)
		h.wide = nil
	case h.narrow != nil:
		h.wide = make([]int32, slots)
		for i, n := range h.narrow {
			h.wide[i] = int32(n)
		}
		h.narrow = nil
	default:
		counts := h.sparse
		h.narrow, h.sparse = make([]int16, slots), nil
		for _, c := range counts {
			h.add(int(c.slot), int64(c.n))
		}
	}
}

// addSparse reports false, and does nothing, where the sparse form cannot hold the result.
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

// merge adds other, sign times. A dense other makes h full: what is merged is
// read next, and few such sums are alive at a time.
func (h *histogram) merge(other *histogram, sign int64) {
	if other.full == nil && other.wide == nil && other.narrow == nil {
		for _, c := range other.sparse {
			h.add(int(c.slot), sign*int64(c.n))
		}
		return
	}
	for h.full == nil {
		h.widen()
	}
	other.addTo(h.full, sign)
}

// load writes every count into dst.
func (h *histogram) load(dst *[slots]int64) {
	clear(dst[:])
	h.addTo(dst[:], 1)
}

func (h *histogram) addTo(dst []int64, sign int64) {
	switch {
	case h.full != nil:
		addAll(dst, h.full, sign)
	case h.wide != nil:
		addAll(dst, h.wide, sign)
	case h.narrow != nil:
		addAll(dst, h.narrow, sign)
	default:
		for _, c := range h.sparse {
			dst[c.slot] += sign * int64(c.n)
		}
	}
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

func addAll[T count](dst []int64, counts []T, sign int64) {
	for i, n := range counts {
		dst[i] += sign * int64(n)
	}
}
