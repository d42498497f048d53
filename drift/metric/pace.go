package metric

import "hindsight/schemas"

// Pace is how many of the labels have come that usually have by now: known of
// due, which are expected among scored. The interval is Wilson's of the share
// of the scores that have a label, over the share that is due; it takes what is
// usual as given. N is the labels that are due.
func Pace(known, scored int64, due, confidence float64) schemas.Metric {
	if scored <= 0 {
		return schemas.Metric{Name: OfPace, Undefined: Empty}
	}
	if due < 1 {
		return schemas.Metric{Name: OfPace, Undefined: Immature}
	}
	known = min(max(known, 0), scored)
	low, high := wilson(float64(known), float64(scored), quantile(confidence))
	share := due / float64(scored)
	return schemas.Metric{Name: OfPace, Value: float64(known) / due, Low: low / share, High: high / share, N: int64(due)}
}
