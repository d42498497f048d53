package schemas

import (
	"cmp"
	"math"
	"math/bits"
	"strings"
	"time"
)

// DelayBins is how many bins there are for delays; the last one holds the longest Duration.
const DelayBins = 249

// delayDetail is how many bits of a delay its bin keeps after the leading one:
// eight bins to an octave.
const delayDetail = 3

// Delay counts outcomes by their truth and by how long after the event it was
// known: the arrival of the first label (or the horizon, where a class was
// assumed) less the event time. A corrected truth keeps its delay.
type Delay struct {
	Truth string // "" where the score predicts no class
	Bin   uint16 // of DelayBin
	N     int64
}

// DelayBin returns the bin of a delay. Bins are whole seconds up to 16 s, then
// eight to an octave, so that none is wider than an eighth of its lower edge.
// What is negative is in bin 0.
func DelayBin(delay time.Duration) uint16 {
	s := uint64(max(delay, 0) / time.Second)
	octave := max(0, bits.Len64(s)-(delayDetail+1))
	return uint16(uint64(octave)<<delayDetail + s>>octave)
}

// DelayEdge returns the lower edge of a bin, the shortest delay in it: the
// longest Duration for what is beyond the last bin.
func DelayEdge(bin uint16) time.Duration {
	if bin >= DelayBins {
		return math.MaxInt64
	}
	octave := max(0, int(bin>>delayDetail)-1)
	return time.Duration(int64(bin)-int64(octave)<<delayDetail) << octave * time.Second
}

func (d Delay) order(e Delay) int {
	return cmp.Or(strings.Compare(d.Truth, e.Truth), cmp.Compare(d.Bin, e.Bin))
}

func (d Delay) plus(e Delay) Delay { d.N += e.N; return d }
func (d Delay) zero() bool         { return d.N == 0 }
