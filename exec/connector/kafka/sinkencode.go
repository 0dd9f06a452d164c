package kafka

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/sink"
)

// textColumn gives the values of a string or binary column.
type textColumn struct {
	arr     arrow.Array
	offsets []int32
	data    []byte
}

func newTextColumn(rec arrow.RecordBatch, at int) *textColumn {
	if at < 0 {
		return nil
	}
	c := &textColumn{arr: rec.Column(at)}
	if id := c.arr.DataType().ID(); id == arrow.STRING || id == arrow.BINARY {
		c.offsets, c.data = batch.Texts(c.arr)
	}
	return c
}

// at returns a value, which is not copied where that can be, and whether it is
// null.
func (c *textColumn) at(i int) (v []byte, null bool) {
	if c == nil || c.arr.IsNull(i) {
		return nil, true
	}
	if c.offsets != nil {
		return c.data[c.offsets[i]:c.offsets[i+1]], false
	}
	arr := c.arr
	for {
		d, ok := arr.(*array.Dictionary)
		if !ok {
			break
		}
		arr, i = d.Dictionary(), d.GetValueIndex(i)
		if arr.IsNull(i) {
			return nil, true
		}
	}
	switch a := arr.(type) {
	case interface{ Value(int) string }:
		return []byte(a.Value(i)), false
	case interface{ Value(int) []byte }:
		return a.Value(i), false
	}
	return nil, true
}

// batchEncoder makes records of the rows of one batch.
type batchEncoder struct {
	*sinkColumns
	b                    batch.Batch
	topicOption          string
	keys, values, topics *textColumn
	partitions           *array.Int32
	headerList           *array.List
	keyArrays, valArrays []arrow.Array
	keyRoom, valRoom     []byte
	headRoom             []byte
	mark                 []byte // header that all records have
}

func (c *sinkColumns) encoder(b batch.Batch, topicOption string, mark []byte) (*batchEncoder, error) {
	if b.Sel != nil {
		return nil, errors.New("kafka sink: a batch with a selection was not compacted")
	}
	e := &batchEncoder{sinkColumns: c, b: b, topicOption: topicOption, mark: mark, keys: newTextColumn(b.Record, c.key),
		values: newTextColumn(b.Record, c.value)}
	if topicOption == "" {
		e.topics = newTextColumn(b.Record, c.topic)
	}
	if c.partition >= 0 {
		e.partitions, _ = b.Record.Column(c.partition).(*array.Int32)
	}
	if c.headers >= 0 {
		e.headerList, _ = b.Record.Column(c.headers).(*array.List)
	}
	for _, i := range c.keyCols {
		e.keyArrays = append(e.keyArrays, b.Record.Column(i))
	}
	for _, i := range c.valueCols {
		e.valArrays = append(e.valArrays, b.Record.Column(i))
	}
	return e, nil
}

// row fills r with row i. Its bytes are valid until the next call.
func (e *batchEncoder) row(i int, r *outRow) error {
	*r = outRow{topic: e.topicOption, partition: -1}
	if e.topicOption == "" {
		t, null := e.topics.at(i)
		if null {
			return errors.New("a row has no topic: the column topic is null; set the option topic, or filter such rows out")
		}
		r.topic = string(t)
	}
	if e.partitions != nil && e.partitions.IsValid(i) {
		if r.partition = e.partitions.Value(i); r.partition < 0 {
			return fmt.Errorf("a row asks for partition %d of topic %s; partitions are counted from 0", r.partition, r.topic)
		}
	}
	if e.keyFormat != nil {
		e.keyRoom = e.keyFormat.AppendRow(e.keyRoom[:0], e.keyArrays, i)
		r.key = e.keyRoom
	} else {
		r.key, r.nokey = e.keys.at(i)
	}
	e.headRoom = e.appendHeaders(append(e.headRoom[:0], e.mark...), i)
	r.headers = e.headRoom
	return e.rowValue(i, r)
}

func (e *batchEncoder) rowValue(i int, r *outRow) error {
	change := e.b.Change(i)
	switch {
	case change < 0 && e.delete:
		if r.nokey {
			return errors.New("a row is taken back whose key is null, so that no tombstone can be written; give each row a key")
		}
		r.gone = true
		return nil
	case change < 0 && e.show == "":
		return fmt.Errorf("a row is taken back, which this sink does not show; set value.format to json, or use output mode complete")
	case e.format == nil:
		r.value, r.gone = e.values.at(i)
		return nil
	}
	e.valRoom = e.format.AppendRow(e.valRoom[:0], e.valArrays, i)
	switch e.show {
	case "json":
		e.valRoom = e.valRoom[:len(e.valRoom)-1]
		if len(e.valRoom) > 1 {
			e.valRoom = append(e.valRoom, ',')
		}
		e.valRoom = append(e.valRoom, `"`+sink.ChangeColumn+`":`...)
		e.valRoom = append(strconv.AppendInt(e.valRoom, int64(change), 10), '}')
	case "csv":
		e.valRoom = strconv.AppendInt(append(e.valRoom, e.sep...), int64(change), 10)
	}
	r.value = e.valRoom
	return nil
}

func (e *batchEncoder) appendHeaders(dst []byte, i int) []byte {
	if e.headerList == nil || e.headerList.IsNull(i) {
		return dst
	}
	pairs, ok := e.headerList.ListValues().(*array.Struct)
	if !ok {
		return dst
	}
	from, to := e.headerList.ValueOffsets(i)
	keys, values := textColumn{arr: pairs.Field(0)}, textColumn{arr: pairs.Field(1)}
	for j := int(from); j < int(to); j++ {
		if pairs.IsNull(j) {
			continue // as Spark does
		}
		key, _ := keys.at(j)
		value, null := values.at(j)
		dst = appendHeader(dst, string(key), nullable(value, null))
	}
	return dst
}

// nullable returns nil for null, and for nothing else.
func nullable(v []byte, null bool) []byte {
	if null {
		return nil
	}
	if v == nil {
		return []byte{}
	}
	return v
}
