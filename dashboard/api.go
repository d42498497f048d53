package dashboard

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"hindsight/schemas"
)

// api answers the JSON endpoints. Each reads one snapshot.
type api struct{ source func() Snapshot }

func (a api) snapshot(w http.ResponseWriter, r *http.Request) {
	serveJSON(w, r, viewSnapshot(a.source()))
}

// windows lists windows by ?window=, ?version= and ?segment= (given but empty:
// the whole), sorted; ?metric= keeps one metric, ?limit= the newest n.
func (a api) windows(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	limit, err := limitOf(query)
	if err != nil {
		writeError(w, http.StatusBadRequest, `limit: want a whole number from 1, as in "limit=100"`)
		return
	}
	var found []schemas.Window
	for _, win := range a.source().Windows {
		if accepts(query, "window", win.Name) && accepts(query, "version", win.Version) &&
			accepts(query, "segment", win.Segment) {
			found = append(found, win)
		}
	}
	slices.SortStableFunc(found, byKey)
	if limit > 0 && len(found) > limit {
		slices.SortStableFunc(found, byEnd)
		found = found[len(found)-limit:]
		slices.SortStableFunc(found, byKey)
	}
	views := make([]windowView, len(found))
	for i, win := range found {
		views[i] = viewWindow(win, query.Get("metric"))
	}
	serveJSON(w, r, map[string]any{"windows": views})
}

// alarms lists every change of state in order, and the episodes they make.
func (a api) alarms(w http.ResponseWriter, r *http.Request) {
	s := a.source()
	changes, episodes := []alarmView{}, []episodeView{}
	for _, change := range s.Alarms {
		changes = append(changes, viewAlarm(change))
	}
	for _, e := range s.Episodes() {
		episodes = append(episodes, viewEpisode(e))
	}
	serveJSON(w, r, map[string]any{"alarms": changes, "episodes": episodes})
}

// accepts says whether the query leaves the field open or asks for this value.
func accepts(query url.Values, field, value string) bool {
	return !query.Has(field) || query.Get(field) == value
}

func limitOf(query url.Values) (int, error) {
	if !query.Has("limit") {
		return 0, nil
	}
	n, err := strconv.Atoi(query.Get("limit"))
	if err == nil && n < 1 {
		err = strconv.ErrRange
	}
	return n, err
}
