package main

import (
	"encoding/binary"
	"hash/crc32"
	"hash/fnv"
	"math/rand/v2"
)

// place puts a key on one of n partitions as the named client does; spread is
// a producer that has no key.
func place(how, key string, n int32, random *rand.Rand) int32 {
	switch how {
	case "murmur2":
		return int32(murmur2([]byte(key))&0x7fffffff) % n
	case "crc32":
		return int32(crc32.ChecksumIEEE([]byte(key)) % uint32(n))
	case "fnv1a":
		h := fnv.New32a()
		h.Write([]byte(key))
		return abs(int32(h.Sum32()) % n)
	}
	return random.Int32N(n)
}

func abs(n int32) int32 { return max(n, -n) }

// murmur2 is the hash of Kafka's Java client.
func murmur2(b []byte) uint32 {
	const m = 0x5bd1e995
	h := 0x9747b28c ^ uint32(len(b))
	for ; len(b) >= 4; b = b[4:] {
		k := binary.LittleEndian.Uint32(b) * m
		k ^= k >> 24
		h = h*m ^ k*m
	}
	for i := len(b) - 1; i >= 0; i-- {
		h ^= uint32(b[i]) << (8 * i)
		if i == 0 {
			h *= m
		}
	}
	h ^= h >> 13
	h *= m
	return h ^ h>>15
}
