package fn

import "github.com/riffledata/riffle/dataframe"

// Using joins on columns that both sides have by these names: a name is taken as
// it is, dots included. The result has each of them once, as its first columns.
func Using(names ...string) dataframe.Using { return names }
