package optimize

// What the tests that run plans need; they import an engine, which imports this
// package.
var (
	DrawSteps = drawSteps
	Kernels   = options
)

// SourceDDL is the schema that DrawSteps knows.
const SourceDDL = sourceDDL
