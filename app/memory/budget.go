package memory

// Budget is what each part that buffers may hold, in bytes unless it says else.
type Budget struct {
	Heap int64 // of the collector: the bound less what is not its own

	Fetch       int64 // records that one fetch of one client brings, decompressed
	Fetches     int   // fetches that a client holds at once, one a broker
	Poll        int64 // records that one transaction takes in
	Records     int   // how many, at most
	Produce     int   // outputs on their way to the brokers, of one stage
	Outcomes    int   // how many outcomes JOIN decides in one transaction
	StateBatch  int   // changes of JOIN's state in one transaction
	StateCache  int64 // blocks of the store
	StateMemory int   // one memtable of the store, of which there may be three
}

// Divide returns the shares of a bound of limit bytes. Three stages, each with
// a fetch in hand, one that waits and its outputs, take about half of it; a
// quarter is what the collector needs to breathe, and the rest is the store's,
// the program's own and for what one record too many may cost.
func Divide(limit int64) Budget {
	limit = max(limit, Least)
	b := Budget{
		Fetch:       between(limit/128, 1<<20, 8<<20),
		Fetches:     2,
		Poll:        between(limit/64, 2<<20, 16<<20),
		Records:     int(between(limit/(24<<10), 2_000, 10_000)),
		Produce:     int(between(limit/16, 17<<20, 64<<20)), // a dead letter of 16 MiB must go through
		Outcomes:    int(between(limit/(24<<10), 2_000, 20_000)),
		StateBatch:  int(between(limit/32, 4<<20, 32<<20)),
		StateCache:  between(limit/8, 16<<20, 256<<20),
		StateMemory: int(between((limit-64<<20)/14, 4<<20, 64<<20)), // what a small bound has left
	}
	if limit >= 1<<30 {
		b.Fetches = 4
	}
	// The program's text, 40 MiB, its stacks, and what the kernel has not taken back yet.
	b.Heap = limit - max(limit/8, 48<<20)
	if storeOutside {
		b.Heap -= b.StateCache + 3*int64(b.StateMemory)
	}
	return b
}

func between(n, low, high int64) int64 { return min(max(n, low), high) }
