// Package gen makes up what tshark would print: packets of a small office, and
// frames of a wireless network. The same call gives the same records on every
// machine.
package gen
