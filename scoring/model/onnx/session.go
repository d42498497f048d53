//go:build onnx

package onnx

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"

	ort "github.com/yalue/onnxruntime_go"
)

// session is a graph that onnxruntime has taken. Its runs may be at the same time.
type session struct {
	model  *Model
	ort    *ort.DynamicAdvancedSession
	answer ort.Shape // of one row
}

// The library is loaded once into a process, which can only have one.
var (
	loading sync.Mutex
	loaded  string // path of the library
)

// Start loads the library that setting or the environment names, gives it the
// graph, and has it answer one row.
func (m *Model) Start(setting string) error {
	m.starting.Lock()
	defer m.starting.Unlock()
	if m.session != nil {
		return nil
	}
	if err := load(cmp.Or(setting, os.Getenv(Variable))); err != nil {
		return fmt.Errorf("%w: %w", ErrNoRuntime, err)
	}
	s, err := open(m)
	if err != nil {
		return fmt.Errorf("onnxruntime %s: %w", ort.GetVersion(), err)
	}
	m.session, m.data = s, nil
	return nil
}

// Runtime returns the version of onnxruntime.
func (m *Model) Runtime() string { return "onnxruntime " + ort.GetVersion() }

func load(path string) error {
	loading.Lock()
	defer loading.Unlock()
	switch {
	case path == "":
		return fmt.Errorf("name libonnxruntime.so by model.onnxruntime in the configuration or by %s; "+
			"the Python package onnxruntime has it in its folder capi", Variable)
	case loaded == path:
		return nil
	case loaded != "":
		return fmt.Errorf("%s is loaded already, a process can not have %s too", loaded, path)
	}
	ort.SetSharedLibraryPath(path)
	// A run that fails is an answer here; on stderr it would be one line per row.
	if err := ort.InitializeEnvironment(ort.WithLogLevelFatal()); err != nil {
		return fmt.Errorf("%s is not to be used, wanted is libonnxruntime.so of version 1.24 or later: %w", path, err)
	}
	loaded = path
	return nil
}

func open(m *Model) (_ *session, err error) {
	options, err := ort.NewSessionOptions()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, options.Destroy()) }()
	err = errors.Join(
		options.SetIntraOpNumThreads(1), // the caller has threads, and rows for each
		options.SetInterOpNumThreads(1),
		options.AddSessionConfigEntry("session.load_model_format", "ONNX"), // nothing that was not read before
	)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(m.inputs))
	for i, in := range m.inputs {
		names[i] = in.name
	}
	s := &session{model: m}
	if s.ort, err = ort.NewDynamicAdvancedSessionWithONNXData(m.data, names, []string{m.answer.name}, options); err != nil {
		return nil, err
	}
	runtime.AddCleanup(s, func(o *ort.DynamicAdvancedSession) { _ = o.Destroy() }, s.ort)
	return s, s.probe()
}

// probe has a made-up row answered, to learn the shape of answers, which a
// file need not declare. It may be a row that the graph refuses.
func (s *session) probe() error {
	feeds, err := s.newFeeds()
	if err != nil {
		return errors.Join(err, feeds.destroy())
	}
	a := s.model.answer
	out := []ort.Value{nil}
	err = s.ort.Run(feeds.values(), out)
	runtime.KeepAlive(feeds)
	if err = errors.Join(err, feeds.destroy()); err != nil {
		if a.width() == 0 {
			return err
		}
		s.answer = a.rowShape()
		return nil
	}
	s.answer = out[0].GetShape()
	if n := s.answer.FlattenedSize(); int(n) != s.model.outputs {
		err = fmt.Errorf("output %q is %v for one row, %d values are wanted", a.name, s.answer, s.model.outputs)
	}
	return errors.Join(err, out[0].Destroy())
}
