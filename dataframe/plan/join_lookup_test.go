package plan

import (
	"strings"
	"testing"

	"github.com/riffledata/riffle/dataframe/types"
)

// A stream looks a table up in mode append, and then needs no time bounds; the
// table must not be the side whose rows leave without a match, and two tables are
// none to look up.
func TestLookup(t *testing.T) {
	schema, err := types.ParseDDL("k BIGINT, v BIGINT")
	if err != nil {
		t.Fatal(err)
	}
	stream := NewScan("memory", nil, nil, schema, true)
	upsert, err := NewUpsert(NewScan("memory", nil, nil, schema, true), []string{"k"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		left, right Node
		how         JoinType
		want        string
	}{
		{stream, upsert, Inner, "right"}, {stream, upsert, Left, "right"}, {stream, upsert, Anti, "right"}, {stream, upsert, Right, ""}, {stream, upsert, Full, ""},
		{upsert, stream, Inner, "left"}, {upsert, stream, Right, "left"}, {upsert, stream, Semi, ""}, {upsert, stream, Left, ""},
		{upsert, upsert, Inner, ""}, {stream, stream, Inner, ""}, {&Alias{Input: upsert, Name: "t"}, stream, Inner, "left"},
	} {
		n, err := NewUsingJoin(c.left, c.right, []string{"k"}, c.how)
		if err != nil {
			t.Fatal(err)
		}
		var j *Join
		Walk(n, func(n Node) bool {
			if found, ok := n.(*Join); ok {
				j = found
			}
			return j == nil
		})
		if got := j.Lookup(Append); got != c.want {
			t.Errorf("%s of %s and %s looks up %q, not %q", c.how, c.left, c.right, got, c.want)
		}
		if j.Lookup(Update) != "" {
			t.Errorf("%s is a lookup in mode update", j)
		}
		refused := c.want == "" && (c.how != Inner || c.left == Node(upsert))
		if err := CheckWrite(&Write{Input: n, Format: "memory", Mode: Append}); (err != nil) != refused {
			t.Errorf("%s of %s and %s in mode append: %v", c.how, c.left, c.right, err)
		} else if err != nil && !strings.Contains(err.Error(), "append") {
			t.Error(err)
		}
	}
}
