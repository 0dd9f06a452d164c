package main

import (
	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/fn"
)

// options are those of the job's own flags.
type options struct {
	protocols string // a pattern of LIKE
}

// watchedComputers is a table of the computers of watched employees, by their
// hardware addresses. It changes with the two that it is made of.
func watchedComputers(employees, computers *dataframe.DataFrame) *dataframe.DataFrame {
	e := employees.WithColumn("key", fn.Coalesce(fn.Col("key"), fn.Col(id))).Drop(id).AsTable("key").Alias("e")
	c := computers.WithColumn("empkey", fn.Coalesce(fn.Col("empkey"), fn.Col(id))).Drop(id).AsTable("empkey").Alias("c")
	return c.Join(e, fn.Col("c.empkey").Eq(fn.Col("e.key")), dataframe.Inner).
		Filter("watch_flag = 'YES'").
		Select(
			fn.Col("empkey").Alias("emp_id"),
			fn.Col("name").Alias("emp_name"),
			fn.Col("macaddr"),
		).
		AsTable("macaddr")
}

// watched is the job: the packets that one of the computers sent, with its owner.
// Each meets the table as it is when the packet comes.
func watched(packets, computers *dataframe.DataFrame, o options) *dataframe.DataFrame {
	return flat(packets).
		Join(computers, fn.Col("eth_src").Eq(fn.Col("macaddr")), dataframe.Inner).
		Filter(fn.Col("frame_protocols").Like(o.protocols))
}

// flat has the columns of a packet that are looked at.
func flat(packets *dataframe.DataFrame) *dataframe.DataFrame {
	layers := fn.Col("_source").GetField("layers")
	field := func(layer, name string) dataframe.Column {
		return layers.GetField(layer).GetField(name).Alias(layer + "_" + name)
	}
	return packets.Select(
		field("frame", "number").Cast("int").Alias("frame_number"),
		field("frame", "time"), field("frame", "len"), field("frame", "protocols"),
		field("eth", "src"), field("eth", "dst"),
		field("ip", "src"), field("ip", "dst"), field("ip", "src_host"), field("ip", "dst_host"), field("ip", "proto"),
	)
}
