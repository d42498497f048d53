package scoring

import (
	"bytes"
	"compress/gzip"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func zipped(t testing.TB, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestReadTable(t *testing.T) {
	const text = "a,b\n1,\"x\ny\"\n\n2,z\n"
	for name, data := range map[string]string{"plain": text, "gzip": zipped(t, text), "marked": "\ufeff" + text,
		"gzip marked": zipped(t, "\ufeff"+text), "CRLF": strings.ReplaceAll(text, "\n", "\r\n")} {
		t.Run(name, func(t *testing.T) {
			got, err := ReadTable(strings.NewReader(data), "t.csv")
			if err != nil {
				t.Fatal(err)
			}
			want := &Table{Name: "t.csv", Header: []string{"a", "b"}, Rows: [][]string{{"1", "x\ny"}, {"2", "z"}}, Lines: []int{2, 5}}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestReadTableRefuses(t *testing.T) {
	tests := map[string]struct{ text, want string }{
		"nothing":        {"", "t.csv: is empty; wants a header"},
		"a column twice": {"a,b,a\n", `t.csv: column "a" is there twice`},
		"a ragged row":   {"a,b\n1\n", "t.csv: record on line 2: wrong number of fields"},
		"an open quote":  {"a\n\"x\n", "t.csv: "},
		"broken gzip":    {zipped(t, "a\n1\n")[:20], "t.csv: "},
		"not even gzip":  {"\x1f\x8b", "t.csv: "},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := ReadTable(strings.NewReader(test.text), "t.csv")
			wantErrors(t, err, test.want)
		})
	}
}

func TestDecompressionIsLimited(t *testing.T) {
	r := &limitedReader{strings.NewReader("12345"), 4}
	if _, err := io.ReadAll(r); err != errTooLarge {
		t.Errorf("got %v", err)
	}
	r = &limitedReader{strings.NewReader("1234"), 4}
	if data, err := io.ReadAll(r); err != nil || string(data) != "1234" {
		t.Errorf("got %q, %v", data, err)
	}
}

func TestSlice(t *testing.T) {
	table := &Table{Name: "t", Rows: [][]string{{"1"}, {"2"}, {"3"}}, Lines: []int{2, 3, 4}}
	part, err := table.Slice(2, 3)
	if err != nil || part.Rows[0][0] != "2" || len(part.Rows) != 2 || part.Lines[1] != 4 {
		t.Errorf("%+v, %v", part, err)
	}
	if part, err = table.Slice(3, 0); err != nil || len(part.Rows) != 1 {
		t.Errorf("%+v, %v", part, err)
	}
	for _, bad := range [][2]int{{0, 1}, {2, 1}, {1, 4}, {4, 0}} {
		if _, err := table.Slice(bad[0], bad[1]); err == nil {
			t.Errorf("%v was accepted", bad)
		}
	}
}

func FuzzTable(f *testing.F) {
	f.Add([]byte(tinyGolden))
	f.Add([]byte("amount,country,member,at\nnan,\"a\"\"b\",True,2026-11-23T08:15:00.25+01:00\n-0,1.0,0,\n"))
	f.Add([]byte(zipped(f, "amount,country,member,at\n1,2,1,\n")))
	b := openTiny(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		var first, second bytes.Buffer
		errFirst := b.ScoreTable(&first, bytes.NewReader(data), "f.csv")
		errSecond := b.ScoreTable(&second, bytes.NewReader(data), "f.csv")
		if (errFirst == nil) != (errSecond == nil) || !bytes.Equal(first.Bytes(), second.Bytes()) {
			t.Fatalf("%q, %v and then %q, %v", first.Bytes(), errFirst, second.Bytes(), errSecond)
		}
		table, err := ReadTable(bytes.NewReader(data), "f.csv")
		if err == nil && errFirst == nil && bytes.Count(first.Bytes(), []byte("\n")) != len(table.Rows)+1 {
			t.Fatalf("%d rows gave %q", len(table.Rows), first.Bytes())
		}
	})
}
