package terminal

import (
	"fmt"
	"strings"

	"hindsight/dashboard"
	"hindsight/schemas"
)

// Look is what a rendering must keep to.
type Look struct {
	Width, Height int // cells; below 20 × 5 counts as 20 × 5
	Color         bool
}

// Render returns the screen: at most Height lines of at most Width cells, each
// ended by a newline. Where there is little room the chart goes first.
func Render(s dashboard.Snapshot, look Look) string {
	width, height := max(look.Width, 20), max(look.Height, 5)
	rows := append(head(s), flow(s)...)
	rows = append(rows, headline(s)...)

	list := alarmRows(s)
	room := height - len(rows)
	listed := min(len(list), max(room/3, 3))
	if picture := chart(s, width, room-listed); picture != nil {
		rows = append(rows, picture...)
	} else {
		listed = room
	}
	rows = append(rows, list[max(0, len(list)-max(listed, 0)):]...)

	var b strings.Builder
	for _, r := range rows[:min(len(rows), height)] {
		b.WriteString(r.render(width, look.Color))
		b.WriteByte('\n')
	}
	return b.String()
}

func head(s dashboard.Snapshot) []row {
	title := s.Title
	if title == "" {
		title = "hindsight"
	}
	r := row{{title, bold}}
	if s.Model != "" {
		r = append(r, span{"   " + s.Model + "@" + s.Version, plain})
	}
	r = append(r, span{"   " + moment(s.StreamTime), bold})
	if s.StreamTime != schemas.Beginning {
		r = append(r, span{" UTC", plain})
	}
	if s.Speed > 0 && !s.Done {
		r = append(r, span{"   ×" + count(int64(s.Speed)), dim})
	}
	r = append(r, span{"   " + seconds(s.WallSeconds), dim})
	switch {
	case s.Stalled != "":
		r = append(r, span{"   stalled: " + s.Stalled + " holds time", red})
	case s.Done:
		r = append(r, span{"   all read", green})
	case !s.Ready && s.ReadyReason != "":
		r = append(r, span{"   " + s.ReadyReason, yellow})
	}
	return []row{r}
}

func flow(s dashboard.Snapshot) []row {
	arrow := span{" → ", dim}
	first := row{{"events ", dim}, {count(s.Events), bold}, arrow, {"scores ", dim}, {count(s.Scores), bold}, arrow,
		{"labels ", dim}, {count(s.LabelsRead), bold}, arrow, {"outcomes ", dim}, {count(s.Scores - s.Pending()), bold},
		{"   pending ", dim}, {count(s.Pending()), bold}, {"   dead letters ", dim}, {count(s.DeadLetters), plain}}
	rows := []row{first, counts("labels", s.Ledger()[2].Parts), counts("outcomes", s.Ledger()[1].Parts)}
	if share, ok := s.Coverage(); ok {
		full := int(share*20 + 0.5)
		rows = append(rows, row{{"coverage ", dim}, {strings.Repeat("█", full), blue}, {strings.Repeat("░", 20-full), dim},
			{" " + percent(share), bold}, {" of the scores have a truth", dim}})
	}
	return rows
}

// counts lists a sum's parts, the first one always, the others where there are any.
func counts(name string, parts []dashboard.Part) row {
	r := row{{name + ": ", dim}}
	for i, p := range parts {
		if i > 0 && p.N == 0 {
			continue
		}
		if len(r) > 1 {
			r = append(r, span{" · ", dim})
		}
		r = append(r, span{count(p.N), plain}, span{" " + words(p.Name), dim})
	}
	return r
}

func headline(s dashboard.Snapshot) []row {
	key, metric, ok := s.Headline()
	if !ok {
		return []row{{{"no windows yet: the first appears when its time has passed everywhere", dim}}}
	}
	r := row{{metric + " ", dim}}
	w, ok := s.Judged(s.Series(key))
	if !ok {
		return []row{append(r, span{"no judged window has labels yet", dim})}
	}
	m := dashboard.MetricOf(w, metric)
	r = append(r, span{value(m), bold})
	for _, a := range s.Active() {
		if a.Segment == key.Segment && a.Window == key.Window && a.Metric == metric {
			r = append(r, span{"   " + glyph(a.State) + " " + a.Name + " " + a.State.String(), tone(a.State)})
		}
	}
	details := fmt.Sprintf("   n %s   %s: %s labelled, ", count(m.N), key.Window, percent(w.Coverage))
	if w.Maturity != nil && w.State != schemas.Final {
		details += percent(*w.Maturity) + " mature, final by " + moment(w.FinalBy)
	} else {
		details += w.State.String()
	}
	return []row{append(r, span{details, dim})}
}

// alarmRows are the changes of alarms, oldest first.
func alarmRows(s dashboard.Snapshot) []row {
	rows := make([]row, 0, len(s.Alarms))
	for _, a := range s.Alarms {
		rows = append(rows, alarmRow(a))
	}
	return rows
}

func alarmRow(a schemas.Alarm) row {
	text := a.Text
	if text == "" {
		text = fmt.Sprintf("%s %s: %s %s [%s, %s], bound %s, n %s", a.Name, a.State, a.Metric,
			figure(a.Value), figure(a.Low), figure(a.High), figure(a.Bound), count(a.N))
	}
	// The state has a column of its own.
	if rest, ok := strings.CutPrefix(text, a.Name+" "+strings.ToUpper(a.State.String())+": "); ok {
		text = a.Name + ": " + rest
	}
	return row{{moment(a.At) + " ", dim}, {fmt.Sprintf("%s %-8s ", glyph(a.State), a.State), tone(a.State)}, {text, plain}}
}

func glyph(state schemas.AlarmState) string {
	switch state {
	case schemas.Firing:
		return "▲"
	case schemas.Pending:
		return "△"
	case schemas.OK, schemas.Resolved:
		return "✓"
	}
	return "?"
}

func tone(state schemas.AlarmState) style {
	switch state {
	case schemas.Firing:
		return red
	case schemas.Pending:
		return yellow
	case schemas.OK, schemas.Resolved:
		return green
	}
	return dim
}
