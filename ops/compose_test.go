package ops_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// composition is as much of a compose file as can be checked without Docker.
type composition struct {
	Name     string
	Services map[string]service
	Volumes  map[string]any
}

type service struct {
	Image       string
	Build       string
	Environment map[string]string
	DependsOn   map[string]struct{ Condition string } `yaml:"depends_on"`
	Healthcheck *struct {
		Test     []string
		Interval string
		Timeout  string
		Retries  int
	}
	Entrypoint  []string
	Command     []string
	Ports       []string
	Volumes     []string
	Restart     string
	ReadOnly    bool     `yaml:"read_only"`
	CapDrop     []string `yaml:"cap_drop"`
	SecurityOpt []string `yaml:"security_opt"`
	Tmpfs       []string
}

// TestCompose reads the compose file strictly and holds its parts together.
func TestCompose(t *testing.T) {
	data, err := os.ReadFile("../compose.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := checkComposition(data, ".."); err != nil {
		t.Error(err)
	}
}

func TestComposeSees(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"sound", "services: {a: {image: x:1}, b: {image: y:1, depends_on: {a: {condition: service_started}}}}", ""},
		{"unknown key", "services: {a: {image: x:1, helthcheck: {}}}", "helthcheck"},
		{"no tag", "services: {a: {image: x}}", "service a: image x has no tag"},
		{"unknown service", "services: {a: {image: x:1, depends_on: {b: {condition: service_started}}}}", "service a depends on b, which is not there"},
		{"never healthy", "services: {a: {image: x:1}, b: {image: y:1, depends_on: {a: {condition: service_healthy}}}}", "service b waits for the health of a, which has no healthcheck"},
		{"unknown condition", "services: {a: {image: x:1}, b: {image: y:1, depends_on: {a: {condition: ready}}}}", "condition ready"},
		{"circle", "services: {a: {image: x:1, depends_on: {b: {condition: service_started}}}, b: {image: y:1, depends_on: {a: {condition: service_started}}}}", "services wait for each other"},
		{"missing folder", "services: {a: {image: x:1, volumes: [\"./nowhere:/x\"]}}", "service a mounts ./nowhere"},
		{"unknown volume", "services: {a: {image: x:1, volumes: [\"data:/x\"]}}", "service a mounts the volume data"},
		{"open to the world", "services: {a: {image: x:1, ports: [\"80:80\"]}}", "service a publishes 80:80 on every address"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := checkComposition([]byte(tt.text), t.TempDir())
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("error %v, want one that says %q", err, tt.want)
			}
		})
	}
}

func checkComposition(data []byte, dir string) error {
	var c composition
	if err := yaml.UnmarshalWithOptions(data, &c, yaml.DisallowUnknownField()); err != nil {
		return err
	}
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	if len(c.Services) == 0 {
		fault("no services")
	}
	for name, s := range c.Services {
		if !strings.Contains(s.Image, ":") {
			fault("service %s: image %s has no tag", name, s.Image)
		}
		for other, d := range s.DependsOn {
			needed, there := c.Services[other]
			switch {
			case !there:
				fault("service %s depends on %s, which is not there", name, other)
			case !slices.Contains([]string{"service_started", "service_healthy", "service_completed_successfully"}, d.Condition):
				fault("service %s: condition %s of %s is none that compose knows", name, d.Condition, other)
			case d.Condition == "service_healthy" && needed.Healthcheck == nil:
				fault("service %s waits for the health of %s, which has no healthcheck", name, other)
			}
		}
		for _, port := range s.Ports {
			if strings.Count(port, ":") < 2 {
				fault("service %s publishes %s on every address", name, port)
			}
		}
		for _, mount := range s.Volumes {
			source, _, _ := strings.Cut(mount, ":")
			if strings.HasPrefix(source, ".") {
				if _, err := os.Stat(filepath.Join(dir, source)); err != nil {
					fault("service %s mounts %s: %w", name, source, err)
				}
			} else if _, there := c.Volumes[source]; !there {
				fault("service %s mounts the volume %s, which is not declared", name, source)
			}
		}
	}
	if left := waiting(c.Services); len(left) > 0 {
		fault("services wait for each other: %v", left)
	}
	return errors.Join(faults...)
}

// waiting returns the services that can never start, sorted; dependencies that
// are not there are another fault.
func waiting(services map[string]service) []string {
	var left []string
	for name := range services {
		left = append(left, name)
	}
	slices.Sort(left)
	for {
		before := len(left)
		left = slices.DeleteFunc(slices.Clone(left), func(name string) bool {
			for other := range services[name].DependsOn {
				if slices.Contains(left, other) {
					return false
				}
			}
			return true
		})
		if len(left) == before {
			return left
		}
	}
}
