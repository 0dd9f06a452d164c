package checkpoint

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// The bytes of a record are pinned: what one version wrote, the next one reads.
func TestEncode(t *testing.T) {
	plan := Plan{Epoch: 2, Nonce: "n-1", Batch: 17, From: []json.RawMessage{json.RawMessage(`{"dns":{"0":3}}`)},
		To: []json.RawMessage{json.RawMessage(`{"dns":{"0":9}}`)}, Time: 5, Seed: 1 << 63, Watermark: NoTime, Late: NoTime, Plan: "a < b"}
	data, err := Encode(plan)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"epoch":2,"nonce":"n-1","batch":17,"from":[{"dns":{"0":3}}],"to":[{"dns":{"0":9}}],"time":5,"seed":9223372036854775808,` +
		`"watermark":-9223372036854775808,"late":-9223372036854775808,"plan":"a < b"}` + "\ncrc32c bf519bff\n"
	if string(data) != want {
		t.Errorf("the record is\n%s\nwant\n%s", data, want)
	}
	got, err := Decode[Plan](data)
	if err != nil || !reflect.DeepEqual(got, plan) {
		t.Errorf("it reads as %+v, %v", got, err)
	}
}

// Whatever byte is changed or missing, the record is not read.
func TestTorn(t *testing.T) {
	data, err := Encode(Commit{Epoch: 1, Batch: 3, State: Manifest{Deltas: []string{"state/1/3-d"}, Inline: []byte{1, 2}}})
	if err != nil {
		t.Fatal(err)
	}
	for i := range data {
		if _, err := Decode[Commit](data[:i]); !errors.Is(err, ErrTorn) {
			t.Fatalf("the first %d of %d bytes: %v", i, len(data), err)
		}
		for _, flip := range []byte{1, 0x20, 0x80} {
			bad := append([]byte{}, data...)
			bad[i] ^= flip
			if _, err := Decode[Commit](bad); !errors.Is(err, ErrTorn) {
				t.Fatalf("byte %d changed: %v", i, err)
			}
		}
	}
	if _, err := Decode[Commit](append(data, data...)); !errors.Is(err, ErrTorn) {
		t.Errorf("twice: %v", err)
	}
}

// A record of another kind, or of a later version, is refused.
func TestStrict(t *testing.T) {
	data, err := Encode(Epoch{Epoch: 1, Host: "h"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Decode[Plan](data); err == nil || errors.Is(err, ErrTorn) || !strings.Contains(err.Error(), `unknown field "runId"`) {
		t.Errorf("an epoch as a plan: %v", err)
	}
}

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfN(rapid.StringMatching(`[a-z0-9/]{1,9}`), 0, 4)
		c := Commit{Epoch: rapid.Int64().Draw(t, "epoch"), Nonce: rapid.String().Draw(t, "nonce"), Batch: rapid.Int64().Draw(t, "batch"),
			State:      Manifest{Snapshot: rapid.String().Draw(t, "snapshot"), Inline: rapid.SliceOfN(rapid.Byte(), 1, 9).Draw(t, "inline")},
			EventTimes: map[string]map[string]int64{"watermark-0": {"dns-0": rapid.Int64().Draw(t, "time")}}}
		if deltas := names.Draw(t, "deltas"); len(deltas) > 0 {
			c.State.Deltas = deltas
		}
		data, err := Encode(c)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Decode[Commit](data)
		if err != nil || !reflect.DeepEqual(got, c) {
			t.Fatalf("%+v reads as %+v, %v", c, got, err)
		}
	})
}

// Whatever the bytes are, reading ends, and what is read is written as it was.
func FuzzDecode(f *testing.F) {
	for _, r := range []Commit{{}, {Epoch: 1, Batch: 3, State: Manifest{Inline: []byte{1}}}} {
		data, err := Encode(r)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte("{}\ncrc32c 00000000\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		line := append(bytes.ReplaceAll(data, []byte("\n"), nil), '\n')
		for _, check := range []func([]byte) error{again[Meta], again[Epoch], again[Plan], again[Commit]} {
			if err := errors.Join(check(data), check(withSum(line))); err != nil {
				t.Error(err)
			}
		}
	})
}

func again[R Record](data []byte) error {
	r, err := Decode[R](data)
	if err != nil {
		return nil
	}
	written, err := Encode(r)
	if err != nil {
		return err
	}
	_, err = Decode[R](written)
	return err
}

// A plan that says what its offsets are positions in, and one of before that.
func TestPins(t *testing.T) {
	old := `{"epoch":2,"nonce":"n-1","batch":17,"from":[null],"to":[{"dns":{"0":9}}],"time":5,"seed":1,"watermark":3,"late":2,"plan":"p"}` + "\n"
	got, err := Decode[Plan](withSum([]byte(old)))
	if err != nil || got.Pins != nil {
		t.Fatalf("%+v, %v", got, err)
	}
	got.Pins = []json.RawMessage{json.RawMessage(`{"dns":{"id":"x","epochs":{"0":7}}}`), json.RawMessage("null")}
	data, err := Encode(got)
	if err != nil || !strings.Contains(string(data), `"to":[{"dns":{"0":9}}],"pins":[{"dns":{"id":"x","epochs":{"0":7}}},null],"time"`) {
		t.Fatalf("%s, %v", data, err)
	}
	back, err := Decode[Plan](data)
	if err != nil || !reflect.DeepEqual(back, got) {
		t.Errorf("it reads as %+v, %v", back, err)
	}
}
