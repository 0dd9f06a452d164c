// Package gen makes up the DNS log of a network: an endless stream of Zeek
// events in JSON, the same for the same seed on every machine.
//
// Some 500 clients ask, a few of them most of the time, for names below 420
// domains, a few of them most of the time, too. A million events are 439 MB. Of
// them 94 % pass the usual filter (a query that is neither null nor empty nor
// below .local); they make about 200,000 groups by client, registered domain and
// type, and 750,000 by client, query and type, since a quarter of the names is
// never asked for twice. 3 % are TXT records whose answers hold escaped quotes
// and backslashes.
package gen
