// Package tshark holds the schemas of what tshark prints as JSON, shared by jobs.
package tshark
