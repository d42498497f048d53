package consumer

import (
	"fmt"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
)

func TestMurmur2IsTheDefaultOfKafka(t *testing.T) {
	reference := kgo.StickyKeyPartitioner(nil).ForTopic("t")
	for n := range int32(40) {
		for i := range 200 {
			key := fmt.Appendf(nil, "key-%d", i*7919)[:1+i%9]
			if got, want := Murmur2(key, n+1), int32(reference.Partition(&kgo.Record{Key: key}, int(n+1))); got != want {
				t.Fatalf("Murmur2(%q, %d) = %d, kgo says %d", key, n+1, got, want)
			}
		}
	}
}

func TestFNV1aIsSaramas(t *testing.T) {
	reference := kgo.StickyKeyPartitioner(kgo.SaramaCompatHasher(func(b []byte) uint32 {
		h := uint32(2166136261)
		for _, c := range b {
			h = (h ^ uint32(c)) * 16777619
		}
		return h
	})).ForTopic("t")
	for i := range 500 {
		key := fmt.Appendf(nil, "loan-%d", i)
		if got, want := FNV1a(key, 12), int32(reference.Partition(&kgo.Record{Key: key}, 12)); got != want {
			t.Fatalf("FNV1a(%q) = %d, Sarama's rule says %d", key, got, want)
		}
	}
}

// The values are librdkafka's rd_crc32 of the key modulo 12, computed with
// Python's zlib.crc32.
func TestCRC32IsLibrdkafkas(t *testing.T) {
	for key, want := range map[string]uint32{"1": 2212294583, "loan-100000": 1919869500, "": 0} {
		if got := CRC32([]byte(key), 12); got != int32(want%12) {
			t.Errorf("CRC32(%q, 12) = %d, want %d", key, got, want%12)
		}
	}
}
