package alarm

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"

	"hindsight/schemas"
)

// Identity names the episode of a rule that began at since. It is a hash of
// what it is given, so a replay and a restarted watcher find the same one.
func Identity(rule, model, version, segment string, since schemas.Instant) string {
	var text []byte
	for _, part := range []string{rule, model, version, segment} {
		// The length keeps ("a", "bc") apart from ("ab", "c").
		text = strconv.AppendInt(text, int64(len(part)), 10)
		text = append(append(text, ':'), part...)
	}
	text = strconv.AppendInt(text, int64(since), 10)
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:10])
}
