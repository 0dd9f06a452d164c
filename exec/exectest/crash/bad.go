package crash

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// quarantines tells whether a workload gets records that cannot be used, which go to
// a topic of their own: those that are no JSON (Copy and Staged), or hold no number.
func quarantines(workload string) bool { return workload != Join }

// badText is in each record that cannot be used, and tells which one it is.
var badText = regexp.MustCompile(`bad-\d+`)

// good is the value of a record with a number, bad of one that cannot be used.
func good(workload string, number int64) string {
	if workload == Copy || workload == Staged {
		return fmt.Sprintf(`{"n":%d}`, number)
	}
	return fmt.Sprint(number)
}

func bad(workload string, number int64) string {
	if workload == Copy || workload == Staged {
		return fmt.Sprintf(`{"n":"bad-%d"`, number)
	}
	return fmt.Sprintf("bad-%d", number)
}

// sift takes the records that cannot be used out of what a workload has read, and
// returns them.
func sift(in map[int32][]record) (rest map[int32][]record, bad rows) {
	rest, bad = map[int32][]record{}, rows{}
	for _, p := range partitions(in) {
		for _, r := range in[p] {
			if text := badText.FindString(r.value); text != "" {
				bad.add("quarantine", text)
				continue
			}
			rest[p] = append(rest[p], r)
		}
	}
	return rest, bad
}

// imprisoned reads the quarantine. A record is there as it came, or as the row that
// a function has failed on.
func (h *harness) imprisoned(ctx context.Context) (rows, error) {
	all, err := readAll(ctx, h.Brokers, topic(h.prefix(), "bad"))
	if err != nil {
		return nil, err
	}
	out := rows{}
	for _, p := range partitions(all) {
		for _, r := range all[p] {
			var row struct{ Record []byte }
			if err := json.Unmarshal([]byte(r.value), &row); err != nil {
				return nil, fmt.Errorf("%q in the quarantine: %w", r.value, err)
			}
			out.add("quarantine", badIn(row.Record))
		}
	}
	return out, nil
}

// badIn finds which record it is; where it is none, all of it is what is wrong.
func badIn(text []byte) string {
	var row struct{ Value string }
	if json.Unmarshal(text, &row) == nil {
		if value, err := base64.StdEncoding.DecodeString(row.Value); err == nil {
			text = append(text, value...)
		}
	}
	if found := badText.Find(text); found != nil {
		return string(found)
	}
	return strings.ToValidUTF8(string(text), "?")
}
