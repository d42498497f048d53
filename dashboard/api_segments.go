package dashboard

import (
	"cmp"
	"maps"
	"net/http"
	"slices"

	"hindsight/schemas"
)

// sparkPoints is how many figures a row of the segment table is drawn from.
const sparkPoints = 60

// segmentView is one row of the segment table: the window that stands for the
// segment and its past in few points, oldest first, null where undefined.
type segmentView struct {
	Segment string      `json:"segment"`
	Judged  *windowView `json:"judged"`
	Windows int         `json:"windows"`
	Past    []*float64  `json:"past"`
}

// segments lists the segments of ?window= and ?version= with one ?metric=; what
// is left out is taken from the headline.
func (a api) segments(w http.ResponseWriter, r *http.Request) {
	s := a.source()
	key, metric, _ := s.Headline()
	query := r.URL.Query()
	key.Window = cmp.Or(query.Get("window"), key.Window)
	key.Version = cmp.Or(query.Get("version"), key.Version)
	metric = cmp.Or(query.Get("metric"), metric)

	lines := map[string][]schemas.Window{}
	for _, win := range s.Windows {
		if win.Name == key.Window && win.Version == key.Version {
			lines[win.Segment] = append(lines[win.Segment], win)
		}
	}
	rows := make([]segmentView, 0, len(lines))
	for _, segment := range slices.Sorted(maps.Keys(lines)) {
		line := lines[segment]
		slices.SortStableFunc(line, byEnd)
		row := segmentView{Segment: segment, Windows: len(line), Past: past(line, metric)}
		if win, ok := s.Judged(line); ok {
			judged := viewWindow(win, metric)
			row.Judged = &judged
		}
		rows = append(rows, row)
	}
	serveJSON(w, r, map[string]any{
		"window": key.Window, "version": key.Version, "metric": metric, "segments": rows})
}

// past thins a line to at most sparkPoints figures, the newest one included.
func past(line []schemas.Window, metric string) []*float64 {
	n := min(len(line), sparkPoints)
	points := make([]*float64, n)
	for i := range n {
		// From the end, in equal steps: i = n-1 is the newest.
		at := len(line) - 1 - (n-1-i)*len(line)/n
		points[i] = viewMetric(MetricOf(line[at], metric)).Value
	}
	return points
}
