package lightgbm

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"hindsight/schemas"
)

// maxLevels is the most texts that the pandas categories of a file may have
// together: each takes many times the two bytes that the file needs for it.
const maxLevels = 1 << 20

// readLevels reads the texts of pandas categories at the end of the file and
// finds their columns. Not finding them is no fault of the model, which only
// sees codes: Levels tells.
func (m *Model) readLevels(h *section, rest string) error {
	const key = "pandas_categorical:"
	at := strings.LastIndex(rest, "\n"+key)
	if at < 0 {
		return nil
	}
	lists, err := readLists(rest[at+1+len(key):])
	if err != nil {
		return fmt.Errorf("pandas_categorical: %w", err)
	}
	if len(lists) == 0 {
		return nil
	}
	m.lists = lists
	infos := strings.Fields(h.fields["feature_infos"])
	columns := categorical(infos, rest)
	if len(columns) != len(lists) {
		m.levelsErr = fmt.Errorf("pandas_categorical: has the categories of %d columns, the model %d categorical ones (%s), and which belong together is not in the file, as with ordered categories",
			len(lists), len(columns), m.names(columns))
		return nil
	}
	levels := make([][]string, len(m.features))
	for i, column := range columns {
		if column >= len(m.features) {
			return fmt.Errorf("pandas_categorical: column %d of %d", column, len(m.features))
		}
		if column < len(infos) && !fits(infos[column], len(lists[i])) {
			m.levelsErr = fmt.Errorf("pandas_categorical: list %d has %d categories, but feature %q was trained on the codes %.80s: the list belongs to another column, and to which is not in the file",
				i+1, len(lists[i]), m.features[column], infos[column])
			return nil
		}
		levels[column] = lists[i]
	}
	m.levels = levels
	return nil
}

// readLists reads the JSON list of lists of scalars, or null, as canonical texts.
func readLists(text string) ([][]string, error) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var lists [][]string
	for depth, count := 0, 0; ; {
		token, err := d.Token()
		if err != nil {
			return nil, err
		}
		if count++; count > maxLevels {
			return nil, fmt.Errorf("has more than the %d categories allowed", maxLevels)
		}
		var level string
		switch v := token.(type) {
		case json.Delim:
			switch {
			case v == '[' && depth < 2:
				if depth++; depth == 2 {
					lists = append(lists, nil)
				}
			case v == ']':
				depth--
			default:
				return nil, fmt.Errorf("%v stands where a category has to", v)
			}
			if depth == 0 {
				return lists, nil
			}
			continue
		case nil:
			if depth == 0 {
				return nil, nil
			}
			return nil, fmt.Errorf("null is no category")
		case string:
			level = v
		default:
			level = fmt.Sprint(v)
		}
		if depth != 2 {
			return nil, fmt.Errorf("%.40q stands where a list of categories has to", level)
		}
		lists[len(lists)-1] = append(lists[len(lists)-1], schemas.Canonical(level))
	}
}

// categorical returns the categorical columns: as the training's parameters
// list them, else those whose feature_infos are lists and no ranges.
func categorical(infos []string, rest string) []int {
	const key = "[categorical_feature: "
	var columns []int
	if at := strings.Index(rest, key); at >= 0 {
		text, _, _ := strings.Cut(rest[at+len(key):], "]")
		for word := range strings.SplitSeq(text, ",") {
			if n, err := strconv.Atoi(word); err == nil && n >= 0 {
				columns = append(columns, n)
			}
		}
	}
	if len(columns) > 0 {
		return columns
	}
	for i, info := range infos {
		if info != "none" && !strings.HasPrefix(info, "[") {
			columns = append(columns, i)
		}
	}
	return columns
}

// fits reports whether a feature that the training met as info can be a
// category of n texts: its codes, -1 being none, are below n.
func fits(info string, n int) bool {
	if info == "none" {
		return true
	}
	for word := range strings.SplitSeq(info, ":") {
		if code, err := strconv.Atoi(word); err != nil || code >= n {
			return false
		}
	}
	return true
}

// names returns the names of columns, as far as there are such.
func (m *Model) names(columns []int) string {
	var names []string
	for _, column := range columns[:min(len(columns), 20)] {
		if column < len(m.features) {
			names = append(names, m.features[column])
		}
	}
	return strings.Join(names, ", ")
}
