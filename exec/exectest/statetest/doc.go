// Package statetest has the tests that every state.Store passes.
package statetest
