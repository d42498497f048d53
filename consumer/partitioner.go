package consumer

import (
	"fmt"
	"hash/crc32"
)

// Partitioner places a key on one of n partitions as some Kafka client does.
type Partitioner func(key []byte, n int32) int32

// PartitionerNamed returns murmur2 (Java, franz-go), crc32 (librdkafka's
// consistent) or fnv1a (Sarama).
func PartitionerNamed(name string) (Partitioner, error) {
	switch name {
	case "murmur2":
		return Murmur2, nil
	case "crc32":
		return CRC32, nil
	case "fnv1a":
		return FNV1a, nil
	}
	return nil, fmt.Errorf("partitioner %q: want murmur2, crc32 or fnv1a", name)
}

// Murmur2 is the default of the Java client
// (org.apache.kafka.common.utils.Utils.murmur2, toPositive).
func Murmur2(key []byte, n int32) int32 { return int32(murmur2(key)&0x7fffffff) % n }

// CRC32 is librdkafka's `consistent` partitioner.
func CRC32(key []byte, n int32) int32 { return int32(crc32.ChecksumIEEE(key) % uint32(n)) }

// FNV1a is Sarama's default hash partitioner: the signed remainder made positive.
func FNV1a(key []byte, n int32) int32 {
	const offset, prime = 2166136261, 16777619
	h := uint32(offset)
	for _, b := range key {
		h = (h ^ uint32(b)) * prime
	}
	p := int32(h) % n
	if p < 0 {
		p = -p
	}
	return p
}

func murmur2(b []byte) uint32 {
	const (
		seed = 0x9747b28c
		m    = 0x5bd1e995
		r    = 24
	)
	h := uint32(seed) ^ uint32(len(b))
	for len(b) >= 4 {
		k := uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
		k *= m
		k ^= k >> r
		k *= m
		h = h*m ^ k
		b = b[4:]
	}
	switch len(b) {
	case 3:
		h ^= uint32(b[2]) << 16
		fallthrough
	case 2:
		h ^= uint32(b[1]) << 8
		fallthrough
	case 1:
		h ^= uint32(b[0])
		h *= m
	}
	h ^= h >> 13
	h *= m
	h ^= h >> 15
	return h
}
