package cli

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/twmb/franz-go/pkg/kgo"
)

// errorHeader begins the names of the headers that tell why a record is here.
const errorHeader = "hindsight.error."

func deadLetterHeads() []string {
	return []string{"TOPIC:8", "PARTITION", "OFFSET:8", "STAGE", "CLASS:12", "BYTES:6", "MESSAGE"}
}

type deadLetterJSON struct {
	position
	Stage     string            `json:"stage"`
	Class     string            `json:"class"`
	Message   string            `json:"message"`
	Origin    place             `json:"origin"`
	Version   string            `json:"version"`
	Truncated int64             `json:"truncated"` // the size before it was cut, 0: it is whole
	Key       string            `json:"key"`       // as text
	KeyBytes  []byte            `json:"key_bytes,omitempty"`
	Value     []byte            `json:"value"` // base64
	Headers   map[string]string `json:"headers"`
}

func readDeadLetter(r *kgo.Record) (shown, error) {
	told, own := map[string]string{}, map[string]string{}
	for _, h := range r.Headers {
		if name, ok := strings.CutPrefix(h.Key, errorHeader); ok {
			told[name] = string(h.Value)
		} else {
			own[h.Key] = string(h.Value)
		}
	}
	if told["class"] == "" {
		return shown{}, fmt.Errorf("has no header %sclass: not a dead letter of hindsight", errorHeader)
	}
	j := deadLetterJSON{
		position: positionOf(r), Stage: told["stage"], Class: told["class"], Message: told["message"],
		Origin: place{Topic: told["topic"], Partition: -1, Offset: -1}, Version: told["version"], Key: string(r.Key),
		Value: filled(r.Value), Headers: own,
	}
	if !utf8.Valid(r.Key) {
		j.Key, j.KeyBytes = "", r.Key
	}
	if p, err := strconv.ParseInt(told["partition"], 10, 32); err == nil {
		j.Origin.Partition = int32(p)
	}
	if o, err := strconv.ParseInt(told["offset"], 10, 64); err == nil {
		j.Origin.Offset = o
	}
	size := int64(len(r.Value))
	if n, err := strconv.ParseInt(told["truncated"], 10, 64); err == nil {
		j.Truncated, size = n, n
	}
	return shown{
		cells: []string{told["topic"], told["partition"], told["offset"], told["stage"], told["class"], strconv.FormatInt(size, 10), told["message"]},
		json:  j,
	}, nil
}
