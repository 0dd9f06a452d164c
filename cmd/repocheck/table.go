package main

// row says which of our packages the packages of one folder may import.
type row struct {
	// folder is a path from the root; "exec/format/..." is the folder and all
	// below it. The longest match counts.
	folder string
	// may lists what it may import, in the same form. Packages of one row may
	// always import each other.
	may []string
	// instead says what to do where an import is refused.
	instead string
}

// rank orders the folders at the top: a package imports only from its own and
// those of a lower rank.
var rank = map[string]int{"dataframe": 0, "exec": 1, "cluster": 2, "jobs": 3, "cmd": 4, "notebooks": 4}

const (
	types  = "dataframe/types"
	expr   = "dataframe/expr"
	plan   = "dataframe/plan"
	engine = "dataframe/engine"
	wire   = "dataframe/wire"

	batch  = "exec/batch"
	option = "exec/option"
	source = "exec/source"
	sink   = "exec/sink"
	format = "exec/format/..."
	kernel = "exec/kernel/..."
	state  = "exec/state/..."
	store  = "exec/store/..."

	checkpoint = "exec/checkpoint"
	journal    = "exec/journal/..."
)

// table says who may import whom, bottom first. Rows only point up the table.
var table = []row{
	{types, nil, "names, types and schemas stand below everything: take what is needed as an argument"},
	{expr, []string{types}, "an expression knows types alone: give the caller a small interface to fulfil"},
	{plan, []string{types, expr}, "a plan says what, not how: put the how into the folder that walks the plan"},
	{"dataframe/sql", []string{types, expr, plan}, "SQL ends at the plan: let package dataframe hand in what the binder needs"},
	{"dataframe/optimize", []string{types, expr, plan}, "a rule goes from plan to plan: let the engine hand in an evaluator"},
	{"dataframe/wire/pb", nil, "generated code imports nothing of ours: convert in dataframe/wire"},
	{wire, []string{types, expr, plan, "dataframe/wire/pb"}, "wire encodes plans and expressions: encode other things where they live"},
	{engine, []string{types, plan}, "the contract of an engine names types and plans: declare an interface in dataframe/engine"},
	{"dataframe", []string{types, expr, plan, "dataframe/sql", "dataframe/optimize", wire, engine},
		"package dataframe knows no machine: ask the engine through dataframe/engine"},
	{"dataframe/fn", []string{types, expr, plan, engine, "dataframe/sql", "dataframe"},
		"functions for users build columns: the machine belongs in exec/kernel"},

	{checkpoint, nil, "a decision is pure: pass the facts in as values"},
	{store, []string{checkpoint}, "a store keeps bytes under names: encode them where they are made"},
	{journal, []string{checkpoint, store, types}, "the journal keeps records in a store: let exec/stream fill them"},
	{batch, []string{types}, "the stream contract stands on types: pass other things in as values"},
	{option, []string{types}, "options are checked text: turn them into values where they are used"},
	{format, []string{batch, types, option}, "a format turns bytes into batches: let the source or kernel that uses it do the rest"},
	{state, []string{batch, types, option}, "state keeps rows by key: let the operator that owns it do the rest"},
	{source, []string{batch, types, option}, "the contract of a source names batches and types: declare an interface in exec/source"},
	{sink, []string{batch, types, option}, "the contract of a sink names batches and types: declare an interface in exec/sink"},
	{"exec/kernel/psl", []string{types}, "the public suffix rules work on bytes: wrap them for columns in exec/kernel"},
	{kernel, []string{batch, types, expr, format}, "a kernel computes columns from columns: let an operator call it"},
	{"exec/operator/...", []string{batch, format, kernel, state, source, sink, expr, types},
		"an operator is built by exec/physical: take what it needs as a field or a small interface"},
	{"exec/connector/...", []string{source, sink, format, batch, types, option},
		"a connector fulfils exec/source and exec/sink: let exec/physical decode and exec register it"},
	// The memory sink keeps tables, by key too, and makes one batch of many.
	{"exec/connector/memory", []string{source, sink, kernel, state, batch, types, option},
		"tables in memory need columns, kernels and the encoding of keys alone: let exec register the connector"},
	// The console shows values as the engine's own casts to text do.
	{"exec/connector/console", []string{source, sink, kernel, batch, expr, types, option},
		"the console needs columns and kernels alone: let exec register the connector"},
	{"exec/metrics", []string{engine}, "metrics count what the events of an engine tell: let the engine tell it"},
	{"exec/physical/...", []string{"exec/operator/...", batch, kernel, state, source, sink, format, option, types, expr, plan},
		"the planner goes from plan to operators: let exec hand in registries and settings"},
	{"exec/stream/...", []string{"exec/physical/...", "exec/operator/...", checkpoint, journal, store, state, source, sink, kernel, format,
		"exec/metrics", batch, option, types, plan, engine},
		"the loop runs a physical plan: let exec hand in connectors"},
	{"exec", []string{"exec/...", types, expr, plan, engine, "dataframe/optimize", "dataframe/wire/..."},
		"an engine is given a plan through dataframe/engine: add what is missing to that contract"},
	{"exec/exectest/...", []string{"dataframe/...", "exec/..."}, "test helpers stand on dataframe and exec alone"},

	{"jobs/replay", []string{types}, "a replay sends lines to whoever takes them: take a function"},
	{"jobs", []string{"dataframe/...", "exec/...", "cluster/...", "jobs/replay"}, "the frame knows no job: let the job pass itself in"},
	{"jobs/zeek/...", []string{"dataframe/..."}, "schemas and generated events need dataframe alone"},
	{"jobs/tshark/...", []string{"dataframe/..."}, "schemas and generated packets need dataframe alone"},
	{"jobs/jobstest", []string{"dataframe/...", "exec/...", "jobs"}, "helpers of jobs' tests know no job: let the test pass it in"},
	{"jobs/...", []string{"dataframe/...", "jobs", "jobs/zeek/...", "jobs/tshark/..."},
		"a job names no engine: package jobs opens the session, from flags and the environment"},
	{"cmd/...", []string{"dataframe/...", "exec/...", "cluster/...", "jobs/..."},
		"nobody imports a command: move what two share below cmd"},
}

// exectest may be linked into tests and commands; of its packages, only the
// embedded broker is library code. jobstest is for tests alone.
const (
	exectest = "exec/exectest/..."
	embedded = "exec/exectest/broker"
	jobstest = "jobs/jobstest"
)
