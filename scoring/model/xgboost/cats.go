package xgboost

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"hindsight/schemas"
)

// The most categories that the features of a model may have together, and the
// most bytes of the texts of one.
const (
	maxLevels     = 1 << 20
	maxLevelBytes = 16 << 20
)

// parseCats reads the categories of the data frame that the model was trained
// with, since XGBoost 3.1: per feature a list of numbers, or texts put one
// after the other with the offsets of their ends; empty for numbers.
func parseCats(model *node, width int) ([][]string, error) {
	enc := model.find("cats").find("enc")
	if enc == nil || enc.length() == 0 {
		return nil, nil
	}
	if enc.kind != list || len(enc.items) != width {
		return nil, fmt.Errorf("cats.enc: is %v of %d, not a list of the %d features", enc.kind, enc.length(), width)
	}
	levels, left := make([][]string, width), maxLevels
	for i := range enc.items {
		var err error
		if enc.items[i].find("offsets") != nil {
			levels[i], err = textLevels(&enc.items[i], left)
		} else {
			levels[i], err = numberLevels(&enc.items[i], left)
		}
		if err != nil {
			return nil, fmt.Errorf("cats.enc: feature %d: %w", i, err)
		}
		left -= len(levels[i])
	}
	return levels, nil
}

func textLevels(n *node, most int) ([]string, error) {
	offsets, err := n.integersWithin("offsets", 0, most+1)
	if err != nil || len(offsets) < 2 {
		return nil, err
	}
	bytes, err := n.integersWithin("values", 0, maxLevelBytes)
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	for _, c := range bytes {
		if c < 0 || c >= utf8.RuneSelf { // XGBoost 3.2 counts characters in offsets and cuts the bytes by them
			return nil, fmt.Errorf("values: has categories that are not ASCII, of which XGBoost loses the ends; rename them or train on their codes")
		}
		b.WriteByte(byte(c))
	}
	joined := b.String()
	levels := make([]string, 0, len(offsets)-1)
	for i, end := range offsets {
		start := 0
		if i > 0 {
			start = offsets[i-1]
		}
		if start < 0 || end < start || end > len(joined) || i == 0 && end != 0 {
			return nil, fmt.Errorf("offsets: entry %d is %d after %d, of %d bytes", i, end, start, len(joined))
		}
		if i > 0 {
			levels = append(levels, schemas.Canonical(joined[start:end]))
		}
	}
	return levels, nil
}

func numberLevels(n *node, most int) ([]string, error) {
	values, err := n.integersWithin("values", 0, most)
	if err != nil || len(values) == 0 {
		return nil, err
	}
	levels := make([]string, len(values))
	for i, v := range values {
		levels[i] = schemas.Canonical(strconv.Itoa(v))
	}
	return levels, nil
}
