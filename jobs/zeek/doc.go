// Package zeek holds the schemas of Zeek's logs, shared by jobs.
package zeek
