package schemas

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/linkedin/goavro/v2"
)

// tally shows that the random tests met what they are for.
type tally struct{ good, refused, lax, duplicates, conversions, fields int }

// checkProjection holds Project on b against goavro and the dull walker.
func checkProjection(t *testing.T, s *schema, codec *goavro.Codec, p *Projection, fields []Field, b []byte, n *tally) {
	t.Helper()
	row := NewRow(fields)
	err := p.Project(b, row)
	if err != nil && !errors.Is(err, ErrDatum) {
		t.Fatalf("%v: not ErrDatum", err)
	}
	rest, walked := walk(s, b)
	if walked == nil && len(rest) > 0 {
		walked = errShort
	}
	native, oracled := Native(codec, b)
	switch {
	case errors.Is(walked, errLax):
		n.lax++
		if err == nil {
			t.Fatalf("schema %s: %x accepted, want it refused", codec.Schema(), b)
		}
		return
	case walked != nil && oracled == nil:
		t.Fatalf("schema %s: goavro takes %x, the walker does not: %v", codec.Schema(), b, walked)
	case walked != nil:
		n.refused++
		if err == nil {
			t.Fatalf("schema %s: %x accepted, goavro: %v", codec.Schema(), b, oracled)
		}
		return
	case oracled != nil && strings.Contains(oracled.Error(), "duplicate key"):
		n.duplicates++
		return
	case oracled != nil:
		t.Fatalf("schema %s: the walker takes %x, goavro does not: %v", codec.Schema(), b, oracled)
	}
	want := oracle{NewRow(fields)}
	var expected error
	for i := range fields {
		if e := want.project(s, native, strings.Split(fields[i].Path, "."), &fields[i]); e != nil {
			expected = e
		}
	}
	if (err != nil) != (expected != nil) {
		t.Fatalf("schema %s: %x\nfields %+v\ngot error %v, want %v", codec.Schema(), b, fields, err, expected)
	}
	if err != nil {
		n.conversions++
		return
	}
	n.good++
	n.fields += len(fields)
	if diff := sameRow(want.row, row); diff != "" {
		t.Fatalf("schema %s: %x\nfields %+v\n%s", codec.Schema(), b, fields, diff)
	}
}

func TestProjectEqualsGoavro(t *testing.T) {
	var whole, damaged tally
	for seed := range uint64(1500) {
		rng := rand.New(rand.NewPCG(seed, 0))
		text, s, codec := randomSchema(t, rng)
		fields := randomFields(t, rng, text, s)
		p, err := Compile(text, fields)
		if err != nil {
			t.Fatal(err)
		}
		for range 8 {
			b := randomDatum(rng, s, nil)
			checkProjection(t, s, codec, p, fields, b, &whole)
			checkProjection(t, s, codec, p, fields, mutate(rng, b), &damaged)
		}
	}
	t.Logf("whole %+v", whole)
	t.Logf("damaged %+v", damaged)
	if whole.refused+whole.lax+whole.duplicates > 0 || whole.good < 5000 || whole.fields < 5000 || whole.conversions < 100 {
		t.Errorf("whole data: %+v", whole)
	}
	if damaged.good < 500 || damaged.refused < 500 || damaged.lax < 50 {
		t.Errorf("damaged data: %+v", damaged)
	}
}

// FuzzProject takes any bytes as data of a random schema.
func FuzzProject(f *testing.F) {
	for seed := range uint64(50) {
		f.Add(seed, []byte{2, 'a', 0, 0, 1})
	}
	f.Fuzz(func(t *testing.T, seed uint64, b []byte) {
		rng := rand.New(rand.NewPCG(seed, 1))
		text, s, codec := randomSchema(t, rng)
		fields := randomFields(t, rng, text, s)
		p, err := Compile(text, fields)
		if err != nil {
			t.Fatal(err)
		}
		checkProjection(t, s, codec, p, fields, b, &tally{})
		checkProjection(t, s, codec, p, fields, randomDatum(rng, s, nil), &tally{})
	})
}

// FuzzAdmit: what is admitted compiles, has a fingerprint, and decodes without harm.
func FuzzAdmit(f *testing.F) {
	for _, k := range RecordKinds() {
		f.Add(k.Schema(), []byte{0})
	}
	for seed := range uint64(20) {
		m := schemaMaker{rng: rand.New(rand.NewPCG(seed, 2))}
		text, err := json.Marshal(m.record(3))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text), []byte{0, 1, 2})
	}
	f.Add(`{"type":"record","name":"E","fields":[{"name":"s","type":"E"}]}`, []byte{0})
	f.Add(`{"type":"array","items":"null"}`, []byte{0})
	f.Fuzz(func(t *testing.T, text string, b []byte) {
		if Admit(text) != nil {
			return
		}
		if _, err := Fingerprint(text); err != nil {
			t.Fatal(err)
		}
		canonical, err := CanonicalSchema(text)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := CanonicalSchema(canonical); err != nil || again != canonical {
			t.Fatalf("%s\nagain %s, %v", canonical, again, err)
		}
		if codec, err := NewCodec(text); err == nil {
			_, _ = Native(codec, b)
		}
		if p, err := Compile(text, nil); err == nil {
			_ = p.Project(b, NewRow(nil))
		}
	})
}
