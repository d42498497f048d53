package dashboard

type snapshotView struct {
	Title       string           `json:"title"`
	Model       string           `json:"model"`
	Version     string           `json:"version"`
	StreamTime  *string          `json:"stream_time"`
	WallSeconds *float64         `json:"wall_seconds"`
	Speed       *float64         `json:"speed"`
	Done        bool             `json:"done"`
	Stalled     string           `json:"stalled"`
	Ready       bool             `json:"ready"`
	Reasons     []string         `json:"reasons"`
	Events      int64            `json:"events"`
	Scores      int64            `json:"scores"`
	DeadLetters int64            `json:"dead_letters"`
	LabelsRead  int64            `json:"labels_read"`
	Labels      map[string]int64 `json:"labels"`
	Outcomes    map[string]int64 `json:"outcomes"`
	Coverage    *float64         `json:"coverage"`
	Ledger      []sumView        `json:"ledger"`
	Headline    *headlineView    `json:"headline"`
	Windows     []kindView       `json:"windows"`
	Rules       []ruleView       `json:"rules"`
	Active      []alarmView      `json:"active"` // alarms that are pending or firing
	Sources     []sourceView     `json:"sources"`
	Partitions  []partitionView  `json:"partitions"`
}

type sumView struct {
	Name       string     `json:"name"`
	Total      int64      `json:"total"`
	Parts      []partView `json:"parts"`
	Difference int64      `json:"difference"`
}

type partView struct {
	Name string `json:"name"`
	N    int64  `json:"n"`
}

// headlineView is the line to show first and the window that stands for it.
type headlineView struct {
	Window  string      `json:"window"`
	Version string      `json:"version"`
	Segment string      `json:"segment"`
	Metric  string      `json:"metric"`
	Judged  *windowView `json:"judged"`
}

type kindView struct {
	Window   string   `json:"window"`
	Clock    string   `json:"clock"`
	Versions []string `json:"versions"`
	Segments []string `json:"segments"`
	Metrics  []string `json:"metrics"`
}

type ruleView struct {
	Name     string   `json:"name"`
	Metric   string   `json:"metric"`
	Window   string   `json:"window"`
	Severity string   `json:"severity"`
	Below    bool     `json:"below"`
	Bound    *float64 `json:"bound"`
	Clear    *float64 `json:"clear"`
	Segments []string `json:"segments"`
}

type sourceView struct {
	Topic     string  `json:"topic"`
	Partition int32   `json:"partition"`
	Clock     *string `json:"clock"`
	Ended     bool    `json:"ended"`
	Idle      bool    `json:"idle"`
}

type partitionView struct {
	Partition  int32   `json:"partition"`
	ClosedTick *string `json:"closed_tick"`
}

func viewSnapshot(s Snapshot) snapshotView {
	state := s.readiness()
	v := snapshotView{
		Title: s.Title, Model: s.Model, Version: s.Version,
		StreamTime: instant(s.StreamTime), WallSeconds: figure(s.WallSeconds), Speed: figure(s.Speed),
		Done: s.Done, Stalled: s.Stalled, Ready: state.Ready, Reasons: state.Reasons,
		Events: s.Events, Scores: s.Scores, DeadLetters: s.DeadLetters, LabelsRead: s.LabelsRead,
		Labels: map[string]int64{}, Outcomes: map[string]int64{},
		Headline: viewHeadline(s),
		Ledger:   []sumView{}, Windows: []kindView{}, Rules: []ruleView{}, Active: []alarmView{},
		Sources: []sourceView{}, Partitions: []partitionView{},
	}
	if c, ok := s.Coverage(); ok {
		v.Coverage = figure(c)
	}
	for _, p := range parts(LabelBuckets(), s.Labels) {
		v.Labels[p.Name] = p.N
	}
	for _, p := range parts(OutcomeKinds(), s.Outcomes) {
		v.Outcomes[p.Name] = p.N
	}
	for _, sum := range s.Ledger() {
		line := sumView{Name: sum.Name, Total: sum.Total, Difference: sum.Difference()}
		for _, p := range sum.Parts {
			line.Parts = append(line.Parts, partView(p))
		}
		v.Ledger = append(v.Ledger, line)
	}
	for _, k := range s.Kinds() {
		v.Windows = append(v.Windows, kindView{k.Name, k.Clock.String(), k.Versions, k.Segments, orEmpty(k.Metrics)})
	}
	for _, r := range s.Rules {
		v.Rules = append(v.Rules, ruleView{
			r.Name, r.Metric, r.Window, r.Severity, r.Below, figure(r.Bound), figure(r.Clear), orEmpty(r.Segments)})
	}
	for _, a := range s.Active() {
		v.Active = append(v.Active, viewAlarm(a))
	}
	for _, src := range s.Sources {
		v.Sources = append(v.Sources, sourceView{src.Topic, src.Partition, instant(src.Clock), src.Ended, src.Idle})
	}
	for _, p := range s.Partitions {
		v.Partitions = append(v.Partitions, partitionView{p.Partition, instant(p.ClosedTick)})
	}
	return v
}

func viewHeadline(s Snapshot) *headlineView {
	key, metric, ok := s.Headline()
	if !ok {
		return nil
	}
	h := &headlineView{Window: key.Window, Version: key.Version, Segment: key.Segment, Metric: metric}
	if w, ok := s.Judged(s.Series(key)); ok {
		judged := viewWindow(w, metric)
		h.Judged = &judged
	}
	return h
}

// orEmpty makes a missing list [] in JSON, so that no client has to ask for null.
func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}
