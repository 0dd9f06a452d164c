// Package replay plays recorded events again: lines of files, as they are, one
// after the other or at the pace of the times in them. Where they go is the
// caller's business.
//
// An event is a line. Blank lines are left out, anything else is sent as it is:
// what is wrong with a line is for its reader to find. Only where a pace, a key
// or another time is asked for is a line looked into, as a JSON object whose
// fields stand at its top or in the one object in it ({"dns":{...}}).
package replay
