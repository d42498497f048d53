package cli

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kfake"

	"hindsight/app/publish"
	"hindsight/schemas"
)

const (
	publishConfig = `kafka: {brokers: ["BROKER"], group: test}
events: {topic: readings, wire: single-object, schema: reading.avsc, id: id, time: at}
labels: {topic: truths, wire: bare, schema: reading.avsc, id: id, value: v, horizon: 1d}
`
	readingSchema = `{"type": "record", "name": "Reading", "fields": [
	{"name": "id", "type": "string"}, {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}}]}`
)

// publishCommand runs publish in a fresh folder with these files.
func publishCommand(t *testing.T, broker string, files map[string]string, args ...string) (stderr string, err error) {
	t.Helper()
	dir := t.TempDir()
	all := map[string]string{"hindsight.yaml": strings.ReplaceAll(publishConfig, "BROKER", broker), "reading.avsc": readingSchema}
	for name, text := range files {
		all[name] = text
	}
	for name, text := range all {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for i, a := range args {
		if strings.Contains(a, ".") {
			args[i] = filepath.Join(dir, a)
		}
	}
	root := newRoot()
	root.SetArgs(append([]string{"publish", "-c", filepath.Join(dir, "hindsight.yaml")}, args...))
	var out bytes.Buffer
	root.SetOut(&out)
	root.SetErr(&out)
	err = root.ExecuteContext(context.WithoutCancel(t.Context()))
	return strings.ReplaceAll(out.String(), dir+string(filepath.Separator), ""), err
}

func TestPublish(t *testing.T) {
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	broker := cluster.ListenAddrs()[0]
	const back = "id,at,note\na,2020-01-01 00:00:01,\nb,2020-01-01 00:00:00,\n"

	stderr, err := publishCommand(t, broker, map[string]string{"r.csv": back}, "events", "r.csv", "--sort", "--partitions", "3")
	if err != nil {
		t.Fatal(err)
	}
	before, took, _ := strings.Cut(stderr, ", in ")
	want := `note: r.csv: ignored, as Reading has no such field: note
note: topic readings is made, with 3 partitions and retention.ms=-1
2 records on readings, 2020-01-01T00:00:00Z to 2020-01-01T00:00:01Z`
	if diff := cmp.Diff(want, before); diff != "" || !strings.HasSuffix(took, " a second)\n") {
		t.Errorf("stderr (-want +got)\n%s\nand %q", diff, took)
	}
	if info := cluster.TopicInfo("readings"); info == nil || info.Configs["retention.ms"] == nil || *info.Configs["retention.ms"] != "-1" {
		t.Errorf("topic: %+v", info)
	}

	for what, c := range map[string]struct {
		args []string
		want string
		code int
	}{
		"goes back":       {[]string{"events", "r.csv"}, "line 3: 2020-01-01T00:00:00Z is before 2020-01-01T00:00:01Z of the row ahead: it goes back in time; --sort", exitFailed},
		"bad rate":        {[]string{"events", "r.csv", "--rate", "-1"}, "--rate -1: must be 0 or more", exitUsage},
		"bad partitioner": {[]string{"events", "r.csv", "--partitioner", "md5"}, `partitioner "md5"`, exitUsage},
		"bad partitions":  {[]string{"events", "r.csv", "--partitions", "-3"}, "--partitions -3", exitUsage},
		"no config":       {[]string{"events", "r.csv", "-c", "none.yaml"}, "no such configuration file", exitUsage},
	} {
		t.Run(what, func(t *testing.T) {
			_, err := publishCommand(t, broker, map[string]string{"r.csv": back}, c.args...)
			if err == nil || !strings.Contains(err.Error(), c.want) || exitCode(err) != c.code {
				t.Errorf("got %v (exit %d)\nwant %q (exit %d)", err, exitCode(err), c.want, c.code)
			}
		})
	}
	if _, err := publishCommand(t, broker, nil, "scores", "r.csv"); err == nil {
		t.Error("scores were accepted")
	}
	if _, err := publishCommand(t, "127.0.0.1:1", map[string]string{"r.csv": back}, "events", "r.csv"); exitCode(err) != exitUnreachable {
		t.Errorf("without a broker: %v, exit %d", err, exitCode(err))
	}
	if _, err := publishCommand(t, broker, nil, "events", "none.csv"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("without data: %v", err)
	}
}

func TestProgressWhereLinesStay(t *testing.T) {
	var out bytes.Buffer
	p := newProgress(&out)
	for second := range 12 {
		p.show(publish.Summary{Records: int64(second * 10), Last: schemas.InstantOfMillis(int64(second) * 1000), Elapsed: time.Duration(second) * time.Second})
	}
	want := "50 records, to 1970-01-01T00:00:05Z, 10 a second\n100 records, to 1970-01-01T00:00:10Z, 10 a second\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
