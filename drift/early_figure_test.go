package drift

import (
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"hindsight/schemas"
)

// TestFigureOfEarlyLabels draws docs/early-labels.svg where HINDSIGHT_FIGURE
// names it, with Elec2 where HINDSIGHT_ELEC2 names its CSV: `make figure-maturity`.
func TestFigureOfEarlyLabels(t *testing.T) {
	loans := panel{"Car loans: defaults are known later", playEarly(t, carLoans(t), false)}
	panels := []panel{loans}
	if path := os.Getenv("HINDSIGHT_ELEC2"); path != "" {
		panels = append(panels, panel{"Elec2: rises are known later", playEarly(t, elec2(t, path), true)})
	}
	picture := draw(panels)
	if n := strings.Count(picture, "<polyline"); n != 2*len(panels) {
		t.Errorf("%d lines in %d panels", n, len(panels))
	}
	for _, p := range panels {
		nearer := 0
		for _, e := range p.ages {
			if e.weighted < e.plain {
				nearer++
			} else {
				t.Logf("%s, age %d d: weighted is off by %.4f, plain by %.4f", p.title, e.age, e.weighted, e.plain)
			}
		}
		t.Logf("%s: nearer at %d of %d ages; first %+v", p.title, nearer, len(p.ages), p.ages[0])
	}
	if path := os.Getenv("HINDSIGHT_FIGURE"); path != "" {
		if err := os.WriteFile(path, []byte(picture), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// elec2 reads the electricity market of New South Wales (Harries 1999), half an
// hour a row, and predicts by a logistic model of its first 5,000 rows whether
// the price rises. The rows after those are played.
func elec2(t *testing.T, path string) []dated {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	const learnt = 5000
	var inputs [][]float64
	var rises []bool
	for _, row := range rows {
		x := []float64{1}
		for _, cell := range row[1 : len(row)-1] {
			v, err := strconv.ParseFloat(cell, 64)
			if err != nil {
				t.Fatal(err)
			}
			x = append(x, v)
		}
		inputs, rises = append(inputs, x), append(rises, row[len(row)-1] == "UP")
	}
	weights := make([]float64, len(inputs[0]))
	chance := func(x []float64) float64 {
		sum := 0.0
		for i, w := range weights {
			sum += w * x[i]
		}
		return 1 / (1 + math.Exp(-sum))
	}
	for range 400 { // gradient descent
		slope := make([]float64, len(weights))
		for n := range learnt {
			off := chance(inputs[n])
			if rises[n] {
				off--
			}
			for i, x := range inputs[n] {
				slope[i] += off * x
			}
		}
		for i := range weights {
			weights[i] -= 4 * slope[i] / learnt
		}
	}
	begin := schemas.InstantOf(time.Date(1996, 5, 7, 0, 0, 0, 0, time.UTC))
	var all []dated
	for n := learnt; n < len(rows); n++ {
		all = append(all, dated{begin.Add(time.Duration(n) * 30 * time.Minute), rises[n], chance(inputs[n]) >= 0.5})
	}
	return all
}

type panel struct {
	title string
	ages  []early
}

// draw is one chart beside the other: how far off the accuracy is, by age.
func draw(panels []panel) string {
	const width, height, left, top, plot, rise = 460, 300, 52, 40, 390, 205
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12" fill="#333">`+"\n", width*len(panels), height)
	b.WriteString(`<rect width="100%" height="100%" fill="#fff"/>` + "\n")
	for i, p := range panels {
		most := 0.0
		for _, e := range p.ages {
			most = max(most, 100*e.plain, 100*e.weighted)
		}
		step := math.Pow(10, math.Floor(math.Log10(most)))
		if most/step < 3 {
			step /= 2
		}
		most = math.Ceil(most/step) * step
		x := func(age int) float64 { return left + float64(age)*plot/float64(len(p.ages)-1) }
		y := func(points float64) float64 { return top + rise - points*rise/most }
		fmt.Fprintf(&b, `<g transform="translate(%d,0)"><text x="%d" y="22" font-size="14" font-weight="bold">%s</text>`+"\n", i*width, left, p.title)
		for v := 0.0; v <= most+step/2; v += step {
			fmt.Fprintf(&b, `<path d="M%d %.1fh%d" stroke="#ddd"/><text x="%d" y="%.1f" text-anchor="end">%.3g</text>`+"\n", left, y(v), plot, left-6, y(v)+4, v)
		}
		for age := 0; age < len(p.ages); age += 5 {
			fmt.Fprintf(&b, `<text x="%.1f" y="%d" text-anchor="middle">%d</text>`+"\n", x(age), top+rise+18, age)
		}
		fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="middle">days since the window of a fortnight ended</text>`+"\n", left+plot/2, top+rise+38)
		fmt.Fprintf(&b, `<text transform="translate(14,%d) rotate(-90)" text-anchor="middle">off by, points of accuracy</text>`+"\n", top+rise/2)
		for _, line := range []struct {
			name, color string
			value       func(early) float64
			row         int
		}{
			{"accuracy of the labels that are in", "#c0392b", func(e early) float64 { return e.plain }, 0},
			{"accuracy_weighted", "#1f6fb2", func(e early) float64 { return e.weighted }, 1},
		} {
			fmt.Fprintf(&b, `<polyline fill="none" stroke="%s" stroke-width="2" points="`, line.color)
			for _, e := range p.ages {
				fmt.Fprintf(&b, "%.1f,%.1f ", x(e.age), y(100*line.value(e)))
			}
			fmt.Fprintf(&b, `"/><text x="%d" y="%d" text-anchor="end" fill="%s">%s</text>`+"\n", left+plot-6, top+16+18*line.row, line.color, line.name)
		}
		b.WriteString("</g>\n")
	}
	b.WriteString("</svg>\n")
	return b.String()
}
