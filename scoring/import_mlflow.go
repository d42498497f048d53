package scoring

import (
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// mlflowFlavours are the flavours of MLflow that hold a model file which a
// bundle can, in the order in which they are preferred.
func mlflowFlavours() []string { return []string{"lightgbm", "xgboost", "onnx"} }

// ImportMLflow writes a bundle around the model file of an MLflow model, which
// is a directory with the file MLmodel. It reads the flavours lightgbm,
// xgboost and onnx and the signature, whose inputs have to be the model's
// features, or name them where the file does not.
// The flavour python_function and pickles run code and are never read.
func ImportMLflow(from, name, version, dir string) error {
	f, err := openFiles(from)
	if err != nil {
		return err
	}
	flavour, data, signature, err := readMLflow(f)
	if err := errors.Join(err, f.close()); err != nil {
		return err
	}
	m, err := importers()[flavour].read(data)
	if err != nil {
		return err
	}
	switch features := m.model.Features(); {
	case signature == nil || slices.Equal(signature, features):
	case m.unnamed && len(signature) == len(features):
		m.paths = signature
	default:
		return fmt.Errorf("MLmodel: the signature has the inputs %s, the model the features %s", shortList(signature), shortList(features))
	}
	return m.writeTo(dir, name, version)
}

func readMLflow(f *files) (flavour string, data []byte, signature []string, err error) {
	text, err := f.read("MLmodel", maxYAMLBytes)
	if err != nil {
		return "", nil, nil, err
	}
	var m mlmodel
	if err := decodeYAML("MLmodel", text, &m).err(); err != nil {
		return "", nil, nil, err
	}
	flavour, file, err := m.choose()
	if err != nil {
		return "", nil, nil, fmt.Errorf("MLmodel: %w", err)
	}
	if signature, err = m.inputs(); err != nil {
		return "", nil, nil, fmt.Errorf("MLmodel: signature.inputs: %w", err)
	}
	data, err = f.read(file, ImportLimit(flavour))
	return flavour, data, signature, err
}

// mlmodel is what matters of the file MLmodel; the rest of it is passed over.
type mlmodel struct {
	flavours  map[string]string // file by flavour
	signature string            // of the inputs, as JSON
}

func (m *mlmodel) fromYAML(d *document, node ast.Node, _ string) {
	m.flavours = map[string]string{}
	d.eachPair(node, "", func(key string, value ast.Node, at string) {
		switch key {
		case "flavors":
			d.eachPair(value, at, func(flavour string, value ast.Node, at string) {
				m.flavours[flavour] = ""
				d.eachPair(value, at, func(key string, value ast.Node, _ string) {
					if text, ok := scalarText(value); ok && key == "data" {
						m.flavours[flavour] = text
					}
				})
			})
		case "signature":
			d.eachPair(value, at, func(key string, value ast.Node, _ string) {
				if text, ok := scalarText(value); ok && key == "inputs" {
					m.signature = text
				}
			})
		}
	})
}

// choose returns the flavour to read and its file.
func (m *mlmodel) choose() (flavour, file string, err error) {
	for _, flavour := range mlflowFlavours() {
		file, ok := m.flavours[flavour]
		if !ok {
			continue
		}
		switch path.Ext(file) {
		case ".pkl", ".pickle", ".cloudpickle", ".joblib":
			return "", "", fmt.Errorf("the flavour %s holds the pickle %s, which runs code when it is read; log the booster itself (booster_, get_booster())", flavour, file)
		}
		if path.Ext(file) == ".skops" { // what an estimator becomes since MLflow 3
			return "", "", fmt.Errorf("the flavour %s holds the estimator %s, which is no model file; log the booster itself (booster_, get_booster())", flavour, file)
		}
		return flavour, file, checkPath(file)
	}
	if _, ok := m.flavours["python_function"]; ok && len(m.flavours) == 1 {
		return "", "", errors.New("the only flavour is python_function, which runs any code and is never read; log the model by mlflow.lightgbm, mlflow.xgboost or mlflow.onnx")
	}
	return "", "", fmt.Errorf("has the flavours %s; a bundle is made of %s", strings.Join(sortedKeys(m.flavours), ", "), strings.Join(mlflowFlavours(), " or "))
}

// inputs returns the names of the signature's columns, nil where there are none.
func (m *mlmodel) inputs() ([]string, error) {
	if m.signature == "" {
		return nil, nil
	}
	var columns []struct {
		Name string `json:"name"`
		Type any    `json:"type"`
	}
	if err := json.Unmarshal([]byte(m.signature), &columns); err != nil {
		return nil, fmt.Errorf("is not JSON: %w", err)
	}
	var names []string
	for _, c := range columns {
		if c.Name == "" { // of a tensor
			return nil, nil
		}
		names = append(names, c.Name)
	}
	return names, nil
}
