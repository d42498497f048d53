package main

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"text/tabwriter"

	"hindsight/scoring/model"
)

// speed measures the CPU of scoring rows here and in the library, by turns in
// one run: a machine that others load slows both.
func speed(folder, native, lightgbm, xgboost string, rounds int) error {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 1, ' ', 0)
	fmt.Fprintf(w, "| model\t| walked by\t| ours, µs a row\t| library, row by row\t| ratio\t| library, whole batch\t| ratio\t|\n|---\t|---\t|---\t|---\t|---\t|---\t|---\t|\n")
	files, err := filepath.Glob(filepath.Join(folder, "*.f64"))
	if err != nil || len(files) == 0 {
		return fmt.Errorf("%s: no rows (*.f64): %v", folder, err)
	}
	for _, file := range files {
		stem := strings.TrimSuffix(file, ".f64")
		name, library, path := "lightgbm", lightgbm, stem+".txt"
		if _, err := os.Stat(path); err != nil {
			name, library, path = "xgboost", xgboost, stem+".ubj"
		}
		_, m, err := read(path)
		if err != nil {
			return err
		}
		rows, err := readRows(file, len(m.Features()))
		if err != nil {
			return err
		}
		peer, err := startPeer(native, name, library, path, file, len(m.Features()))
		if err != nil {
			return err
		}
		ours, single, batch, err := alternate(m, rows, peer, rounds)
		if err := firstError(err, peer.stop()); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		perRow := func(times []float64) float64 { return median(times) / float64(len(rows)) / 1000 }
		fmt.Fprintf(w, "| %s, %d trees, %d features\t| %s\t| %.2f\t| %.2f\t| %.1f ×\t| %.2f\t| %.1f ×\t|\n", filepath.Base(stem), m.Trees(), len(m.Features()), m.Kernel(),
			perRow(ours), perRow(single), ratio(single, ours), perRow(batch), ratio(batch, ours))
	}
	fmt.Fprintf(w, "\nCPU time of one thread, medians of %d rounds by turns; the ratios are medians of the rounds' ratios\n", rounds)
	return w.Flush()
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// alternate returns nanoseconds of CPU per round, after one round that is not counted.
func alternate(m trained, rows [][]float64, peer *peer, rounds int) (ours, single, batch []float64, err error) {
	e := m.Fast(nil)
	raw, out := make([]float64, m.Outputs()), make([]float64, m.Outputs())
	for round := range rounds + 1 {
		one, want, err := peer.ask("single")
		if err != nil {
			return nil, nil, nil, err
		}
		all, _, err := peer.ask("batch")
		if err != nil {
			return nil, nil, nil, err
		}
		began := cpu()
		for _, x := range rows {
			e.Evaluate(raw, out, model.Row{X: x})
		}
		took := cpu() - began
		if got := out[len(out)-1]; m.Outputs() == 1 && got != want {
			return nil, nil, nil, fmt.Errorf("the last row's answer is %v, the library's %v", got, want)
		}
		if round > 0 {
			ours, single, batch = append(ours, took), append(single, one), append(batch, all)
		}
	}
	return ours, single, batch, nil
}

// cpu is the nanoseconds that this process has used.
func cpu() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return math.NaN()
	}
	return float64(u.Utime.Nano() + u.Stime.Nano())
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}

func ratio(a, b []float64) float64 {
	r := make([]float64, len(a))
	for i := range a {
		r[i] = a[i] / b[i]
	}
	return median(r)
}

func readRows(file string, width int) ([][]float64, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var rows [][]float64
	for len(data) >= 8*width {
		x := make([]float64, width)
		for i := range x {
			x[i] = math.Float64frombits(binary.LittleEndian.Uint64(data[8*i:]))
		}
		rows, data = append(rows, x), data[8*width:]
	}
	return rows, nil
}

// peer is native.c at work.
type peer struct {
	command *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Scanner
}

func startPeer(native, name, library, model, rows string, width int) (*peer, error) {
	c := exec.Command(native, name, library, model, rows, strconv.Itoa(width))
	c.Stderr = os.Stderr
	in, err := c.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := c.StdoutPipe()
	if err != nil {
		return nil, err
	}
	return &peer{c, in, bufio.NewScanner(out)}, c.Start()
}

// ask scores all rows once and returns the CPU that took, and the last answer.
func (p *peer) ask(how string) (nanoseconds, last float64, err error) {
	if _, err := fmt.Fprintln(p.in, how); err != nil {
		return 0, 0, err
	}
	for p.out.Scan() {
		if n, _ := fmt.Sscan(p.out.Text(), &nanoseconds, &last); n == 2 {
			return nanoseconds, last, nil // LightGBM may print of its own
		}
	}
	return 0, 0, fmt.Errorf("the library ended: %v", p.out.Err())
}

func (p *peer) stop() error { return firstError(p.in.Close(), p.command.Wait()) }
