package dataframe

import (
	"errors"

	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/dataframe/sql"
)

// AsTable takes the rows, in their order, as changes of a table with a primary
// key: the table has the latest row of each key. A row whose columns but the key
// are all null deletes its key, as a Kafka record without a value does;
// DeletedWhen says otherwise. In a batch query the result is the table at the end
// of the input. Null is a key like others.
func (d *DataFrame) AsTable(keys ...string) *DataFrame {
	return d.then("AsTable", func() (plan.Node, error) { return plan.NewUpsert(d.node, keys) })
}

// DeletedWhen says which rows delete their key from a table: those for which a
// condition, a Column or SQL text, is true. It follows AsTable at once:
// AsTable("id").DeletedWhen("op = 'd'").
func (d *DataFrame) DeletedWhen(cond any) *DataFrame {
	return d.then("DeletedWhen", func() (plan.Node, error) {
		u, ok := d.node.(*plan.Upsert)
		if !ok {
			return nil, errors.New("only a table has rows that delete; call it right after AsTable")
		}
		e, err := d.condition(cond)
		if err != nil {
			return nil, err
		}
		n, err := u.DeletedWhen(e)
		if text, is := cond.(string); is && err != nil {
			err = sql.Place(text, err)
		}
		return n, err
	})
}

// AsChanges takes an integer column as the change of each row, +1 for one that
// appears and -1 for one that is taken back, and leaves the column out. Another
// value is an error. In a batch query the result are the rows that are left.
func (d *DataFrame) AsChanges(column string) *DataFrame {
	return d.then("AsChanges", func() (plan.Node, error) { return plan.NewAsChanges(d.node, column) })
}
