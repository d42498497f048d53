package memory

import (
	"io/fs"
	"math"
	"testing"
)

func TestBoundIsTheStrictestThatIsKnown(t *testing.T) {
	const gib = 1 << 30
	for _, tt := range []struct {
		name       string
		s          surroundings
		configured int64
		want       int64
		source     string
	}{
		{"configuration", surroundings{}, gib, gib, "memory.limit"},
		{"GOMEMLIMIT wins, larger", surroundings{goLimit: 4 * gib}, gib, 4 * gib, "GOMEMLIMIT"},
		{"GOMEMLIMIT wins over the container", surroundings{goLimit: gib, container: gib / 2}, 2 * gib, gib, "GOMEMLIMIT"},
		{"small container", surroundings{container: 500 << 20}, gib, 450 << 20, "the container's limit of 500 MiB, less a tenth"},
		{"large container", surroundings{container: 8 * gib}, gib, gib, "memory.limit"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := tt.s.bound(tt.configured)
			if got.Bytes != tt.want || got.Source != tt.source {
				t.Errorf("%v, want %d from %s", got, tt.want, tt.source)
			}
		})
	}
}

func TestContainerLimit(t *testing.T) {
	for _, tt := range []struct {
		name  string
		files map[string]string
		want  int64
	}{
		{"no control groups", nil, 0},
		{"version 2, own group", map[string]string{
			"/proc/self/cgroup": "0::/pod/box\n", "/sys/fs/cgroup/pod/box/memory.max": "1000\n", "/sys/fs/cgroup/pod/memory.max": "max\n"}, 1000},
		{"version 2, the parent is stricter", map[string]string{
			"/proc/self/cgroup": "0::/pod/box\n", "/sys/fs/cgroup/pod/box/memory.max": "1000\n", "/sys/fs/cgroup/pod/memory.max": "500\n"}, 500},
		{"version 2, inside a container", map[string]string{"/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/memory.max": "2000\n"}, 2000},
		{"version 2, path of the host", map[string]string{"/proc/self/cgroup": "0::/../x\n", "/sys/fs/cgroup/memory.max": "2000\n"}, 2000},
		{"version 2, none", map[string]string{"/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/memory.max": "max\n"}, 0},
		{"version 1", map[string]string{
			"/proc/self/cgroup": "5:cpu:/a\n4:memory:/docker/ab\n", "/sys/fs/cgroup/memory/memory.limit_in_bytes": "3000\n"}, 3000},
		{"version 1, none", map[string]string{
			"/proc/self/cgroup": "4:memory:/\n", "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n"}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			read := func(name string) ([]byte, error) {
				if text, ok := tt.files[name]; ok {
					return []byte(text), nil
				}
				return nil, fs.ErrNotExist
			}
			if got := containerLimit(read); got != tt.want {
				t.Errorf("%d, want %d", got, tt.want)
			}
		})
	}
}

// TestSharesFitTheBound adds up what three stages may hold at once, in bytes.
func TestSharesFitTheBound(t *testing.T) {
	for limit := int64(Least); limit <= 64<<30; limit *= 2 {
		b := Divide(limit)
		const stages = 3
		const record = 1 << 10 // an outcome with its place in the client
		held := stages*(2*b.Fetch*int64(b.Fetches)+b.Poll) + int64(stages*b.Records*record) + int64(b.Outcomes*record) +
			int64(b.StateBatch)*2 + b.StateCache + 3*int64(b.StateMemory)
		if held > limit*3/4 {
			t.Errorf("of %d MiB %d MiB are given away", limit>>20, held>>20)
		}
		if b.Heap < limit/3 || b.Heap > limit*7/8 {
			t.Errorf("of %d MiB the collector may use %d MiB", limit>>20, b.Heap>>20)
		}
		if b.Produce < 16<<20 || b.Produce > math.MaxInt32 {
			t.Errorf("%d MiB: %+v", limit>>20, b)
		}
	}
}
