package scoring

import "math"

// source says where a feature gets its raw value.
type source uint8

const (
	fromNumber source = iota
	fromBoolean
	fromTime
	fromText
)

// feature is a compiled entry of preparation: one value, or one block of
// indicators, of one input.
type feature struct {
	simple bool // a number that is scaled at most; the fields up to std say it all
	slot   int  // in the raw row's slice of its source
	at     int  // of the first column in the prepared row
	mean   float64
	std    float64 // 1 where it is not scaled

	source  source
	block   int // in Row.Hot; none: one plain column
	input   string
	finite  bool // the model needs it
	missing policy
	fill    float64
	log1p   bool
	clip    bool
	low     float64
	high    float64
	edges   []float64
	part    part

	levels  map[string]int32 // canonical text → column in the block
	other   int32            // column of what is not a level
	standIn int32            // column of the level that stands in for a missing one
	unknown policy
	hash    uint64 // number of buckets
}

// policy says what becomes of a missing or unknown value.
type policy uint8

const (
	failing    policy = iota
	keepingNaN        // the model knows what to do
	filling           // a number or a level stands in
	ignoring          // no indicator is set
	othering          // the column for other values
)

// problem says why a value cannot be prepared; "" where it can.
type problem string

const (
	isMissing   problem = "is missing"
	isUnknown   problem = "is not among the levels"
	notBoolean  problem = "is neither 0 nor 1"
	notFinite   problem = "is not finite"
	outOfDomain problem = "has no log1p"
)

// none marks a block in which no indicator is set, or an index that is NaN.
const none = -1

// number prepares a numeric value: fill, log1p, clip, scale, in this order.
func (f *feature) number(v float64) (float64, problem) {
	if v != v {
		switch f.missing {
		case failing:
			return v, isMissing
		case filling:
			v = f.fill
		default:
			return v, ""
		}
	}
	if f.source == fromBoolean && v != 0 && v != 1 && f.missing != filling {
		return v, notBoolean
	}
	if f.log1p {
		if v <= -1 {
			return v, outOfDomain
		}
		v = math.Log1p(v)
	}
	if f.clip {
		v = min(max(v, f.low), f.high)
	}
	v = (v - f.mean) / f.std // exact where it is not scaled: by 0 and 1
	if f.finite && v-v != 0 {
		return v, notFinite
	}
	return v, ""
}

// bucket returns how many edges are at or below v; none for NaN.
func (f *feature) bucket(v float64) int32 {
	if v != v {
		return none
	}
	n := int32(0)
	for _, edge := range f.edges { // edges are few: a scan beats a search
		if v < edge {
			break
		}
		n++
	}
	return n
}

// category returns the column of text within the block; an empty text is missing.
// Scratch holds the canonical text where that differs.
func (f *feature) category(text []byte, scratch *[]byte) (int32, problem) {
	if len(text) == 0 {
		return f.fallback(f.missing, isMissing)
	}
	if f.hash > 0 {
		return int32(fnv1a(canonical(text, scratch)) % f.hash), ""
	}
	if level, ok := f.levels[string(text)]; ok {
		return level, ""
	}
	if level, ok := f.levels[string(canonical(text, scratch))]; ok {
		return level, ""
	}
	return f.fallback(f.unknown, isUnknown)
}

func (f *feature) fallback(p policy, why problem) (int32, problem) {
	switch p {
	case othering:
		return f.other, ""
	case filling:
		return f.standIn, ""
	case ignoring:
		return none, ""
	}
	return none, why
}

// fnv1a is the 64-bit FNV-1a hash, which bundles may rely on: it never changes.
func fnv1a(text []byte) uint64 {
	h := uint64(14695981039346656037)
	for _, c := range text {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return h
}
