package inspect

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"

	"github.com/riffledata/riffle/exec/store"
)

// Diff prints what differs between the records of two batches, a line for each value:
// "offsets.to.0.dns.3  100  250  +150".
func Diff(ctx context.Context, w io.Writer, s store.Store, a, b int64) error {
	h, err := load(ctx, s)
	if err != nil {
		return err
	}
	from, err := loadBatch(ctx, s, h, a)
	if err != nil {
		return err
	}
	to, err := loadBatch(ctx, s, h, b)
	if err != nil {
		return err
	}
	left, err := flatten(from)
	if err != nil {
		return err
	}
	right, err := flatten(to)
	if err != nil {
		return err
	}
	all := maps.Clone(left)
	maps.Copy(all, right)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "\tbatch %d\tbatch %d\n", a, b)
	for _, path := range slices.Sorted(maps.Keys(all)) {
		if left[path] != right[path] {
			fmt.Fprintf(t, "%s\t%s\t%s%s\n", path, orNone(left[path]), orNone(right[path]), change(left[path], right[path]))
		}
	}
	return t.Flush()
}

func orNone(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// change is the difference of two whole numbers.
func change(a, b string) string {
	x, errA := json.Number(a).Int64()
	y, errB := json.Number(b).Int64()
	if errA != nil || errB != nil {
		return ""
	}
	return fmt.Sprintf("\t%+d", y-x)
}

// flatten gives each value of a batch by its path.
func flatten(b batch) (map[string]string, error) {
	text, err := json.Marshal(b)
	if err != nil {
		return nil, err
	}
	v, err := parse(text)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	walk("", v, out)
	for _, path := range []string{"offsets.nonce", "commit.nonce", "commit.parent", "offsets.batch", "commit.batch"} {
		delete(out, path)
	}
	return out, nil
}

// parse reads JSON with its numbers as they are written.
func parse(text []byte) (v any, err error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	err = dec.Decode(&v)
	return v, err
}

func walk(path string, v any, out map[string]string) {
	below := func(key string) string {
		if path == "" {
			return key
		}
		return path + "." + key
	}
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			walk(below(key), value, out)
		}
	case []any:
		for i, value := range v {
			walk(below(fmt.Sprint(i)), value, out)
		}
	default:
		out[path] = compact(v)
	}
}
