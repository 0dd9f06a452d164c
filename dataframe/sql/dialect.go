package sql

// dialect is what differs between the voices of SQL.
type dialect struct {
	// doubleQuotedText: "x" is text; else it is a name.
	doubleQuotedText bool
}

// spark is the voice of Spark SQL.
var spark = dialect{doubleQuotedText: true}
