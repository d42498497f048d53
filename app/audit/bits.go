package audit

import "math/bits"

// pageBits is how many offsets one page of a set covers.
const pageBits = 1 << 16

// offsets is a set of offsets of one partition: one bit each, in pages that
// are made when they are touched.
type offsets struct {
	pages map[int64]*[pageBits / 64]uint64
	n     int64
}

// add reports whether the offset is new.
func (s *offsets) add(offset int64) bool {
	if s.pages == nil {
		s.pages = map[int64]*[pageBits / 64]uint64{}
	}
	page := s.pages[offset/pageBits]
	if page == nil {
		page = new([pageBits / 64]uint64)
		s.pages[offset/pageBits] = page
	}
	word, bit := &page[offset%pageBits/64], uint64(1)<<(offset%64)
	if *word&bit != 0 {
		return false
	}
	*word |= bit
	s.n++
	return true
}

func (s *offsets) has(offset int64) bool {
	page := s.pages[offset/pageBits]
	return page != nil && page[offset%pageBits/64]&(1<<(offset%64)) != 0
}

// word returns 64 offsets, from a multiple of 64 on.
func (s *offsets) word(from int64) uint64 {
	page := s.pages[from/pageBits]
	if page == nil {
		return 0
	}
	return page[from%pageBits/64]
}

// below counts the offsets before end.
func (s *offsets) below(end int64) (n int64) {
	for first, page := range s.pages {
		if from := first * pageBits; from < end {
			each(from, min(end, from+pageBits), func(at int64, mask uint64) {
				n += int64(bits.OnesCount64(page[at%pageBits/64] & mask))
			})
		}
	}
	return n
}

// each visits the words that cover [from, end) with the mask of those offsets.
func each(from, end int64, visit func(at int64, mask uint64)) {
	for at := from &^ 63; at < end; at += 64 {
		mask := ^uint64(0)
		if at < from {
			mask &= ^uint64(0) << (from - at)
		}
		if end-at < 64 {
			mask &= 1<<(end-at) - 1
		}
		visit(at, mask)
	}
}

// list calls visit with the offsets of a word, in order.
func list(at int64, word uint64, visit func(offset int64)) {
	for word != 0 {
		visit(at + int64(bits.TrailingZeros64(word)))
		word &= word - 1
	}
}
