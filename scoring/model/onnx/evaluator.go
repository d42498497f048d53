//go:build onnx

package onnx

import (
	"math"
	"runtime"

	ort "github.com/yalue/onnxruntime_go"

	"hindsight/scoring/model"
)

// evaluator has onnxruntime answer one row at a time, in memory that both
// sides know. A row's answer must not depend on which rows it came with, and
// sums of float32 do where a batch is taken at once.
type evaluator struct{ *bound }

// bound is what an evaluator has of onnxruntime's.
type bound struct {
	session *session // must not go before the binding does
	feeds   feeds
	held    []ort.Value // of the feeds, by the binding
	binding *ort.IoBinding
	out32   *ort.Tensor[float32]
	out64   *ort.Tensor[float64]
}

func (s *session) newEvaluator() model.Evaluator {
	e := &evaluator{&bound{session: s}}
	if err := e.bind(); err != nil {
		panic("onnxruntime has no memory for a row, and had it for the first: " + err.Error())
	}
	runtime.AddCleanup(e, (*bound).release, e.bound)
	return e
}

func (b *bound) bind() (err error) {
	s := b.session
	if b.feeds, err = s.newFeeds(); err != nil {
		return err
	}
	if b.binding, err = s.ort.CreateIoBinding(); err != nil {
		return err
	}
	b.held = make([]ort.Value, len(b.feeds))
	if err := b.bindInputs(); err != nil {
		return err
	}
	if s.model.answer.element == float64Element {
		if b.out64, err = ort.NewEmptyTensor[float64](s.answer); err != nil {
			return err
		}
		return b.binding.BindOutput(s.model.answer.name, b.out64)
	}
	if b.out32, err = ort.NewEmptyTensor[float32](s.answer); err != nil {
		return err
	}
	return b.binding.BindOutput(s.model.answer.name, b.out32)
}

// bindInputs binds the feeds that have another tensor than before.
func (b *bound) bindInputs() error {
	for i, f := range b.feeds {
		v := f.value()
		if v == b.held[i] {
			continue
		}
		if err := b.binding.BindInput(b.session.model.inputs[i].name, v); err != nil {
			return err
		}
		b.held[i] = v
	}
	return nil
}

// release gives back what onnxruntime allocated. It has no one to tell an error.
func (b *bound) release() {
	b.binding.Destroy()
	b.feeds.destroy()
	if b.out64 != nil {
		b.out64.Destroy()
	} else {
		b.out32.Destroy()
	}
}

// Evaluate answers NaN where the row does not fit the types of the inputs, the
// run fails, or what comes is no probability and should be.
func (e *evaluator) Evaluate(raw, out []float64, row model.Row) {
	if !e.run(row.X) {
		for i := range out {
			raw[i], out[i] = math.NaN(), math.NaN()
		}
		return
	}
	if e.out64 != nil {
		copy(raw, e.out64.GetData())
	} else {
		for i, v := range e.out32.GetData() {
			raw[i] = float64(v)
		}
	}
	copy(out, raw)
	if e.session.model.regression {
		return
	}
	for i, p := range out {
		if p < -Tolerance || p > 1+Tolerance {
			out[i] = math.NaN()
		} else {
			out[i] = min(max(p, 0), 1) // a sum of float32 may be a last bit past 1
		}
	}
}

func (e *evaluator) run(x []float64) bool {
	fits := true
	for _, f := range e.feeds {
		fits = f.fill(x) && fits
	}
	ok := fits && e.bindInputs() == nil && e.session.ort.RunWithBinding(e.binding) == nil
	runtime.KeepAlive(e) // its tensors are Go memory that C alone points to
	return ok
}
