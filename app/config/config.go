package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Config is the whole configuration with every default filled in.
type Config struct {
	Kafka    Kafka      `yaml:"kafka"`
	Registry Registry   `yaml:"registry"`
	Events   Events     `yaml:"events"`
	Labels   Labels     `yaml:"labels"`
	Scores   Scores     `yaml:"scores"`
	Output   Output     `yaml:"output"`
	Topics   Topics     `yaml:"topics"`
	Model    Model      `yaml:"model"`
	State    State      `yaml:"state"`
	Memory   Memory     `yaml:"memory"`
	Watch    Watch      `yaml:"watch"`
	Notify   []Notifier `yaml:"notify"`
	HTTP     HTTP       `yaml:"http"`

	source *source
}

// source is where a configuration came from, for faults that are found later.
type source struct {
	file  string
	lines map[string]int // key path → line of its key
}

// ErrNoFile is wrapped by what Load returns when the file is not there.
var ErrNoFile = errors.New("no such configuration file")

// Load reads the file at path. Relative paths inside it are taken from its
// folder. The error holds every fault at once as [Faults].
func Load(path string) (*Config, error) { return LoadFor(path, nil) }

// LoadFor is Load and [Config.For] at once, so that what the stages need and
// is missing is reported beside the other faults. No stages ask for nothing.
func LoadFor(path string, stages []Stage) (*Config, error) {
	data, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s: %w; start one with: hindsight config init > %s", path, ErrNoFile, path)
	case err != nil:
		return nil, fmt.Errorf("configuration: %w", err)
	}
	dir, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	return parse(data, path, dir, stages)
}

// Parse reads a configuration from data; relative paths are taken from dir.
// The error holds every fault at once as [Faults].
func Parse(data []byte, dir string) (*Config, error) {
	return parse(data, "config", dir, nil)
}

// ParseAs is Parse of a part of a file, which faults name.
func ParseAs(data []byte, file, dir string) (*Config, error) { return parse(data, file, dir, nil) }

func parse(data []byte, file, dir string, stages []Stage) (*Config, error) {
	d := &decoder{file: file, dir: dir, lines: map[string]int{}}
	cfg := new(Config)
	if root, ok := d.document(data); ok {
		d.decode(root, cfg)
		cfg.source = &source{file: file, lines: d.lines}
		cfg.complete(d.has)
		d.faults = append(d.faults, cfg.validate(d.bad)...)
		if len(stages) > 0 {
			d.faults = append(d.faults, cfg.requirements(stages, d.bad)...)
		}
	}
	if len(d.faults) > 0 {
		return nil, d.faults.sorted()
	}
	return cfg, nil
}

// File returns the name of the file that cfg was read from.
func (cfg *Config) File() string {
	if cfg.source == nil {
		return "config"
	}
	return cfg.source.file
}
