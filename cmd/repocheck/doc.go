// Command repocheck keeps the tree a tree: it reads every Go file and every page
// of the repository and says what breaks the rules of the house, and what to do
// instead. Its tests run the same checks on the tree it stands in, so that
// "go test ./..." does too.
//
//	repocheck                         checks the repository around the working directory
//	repocheck tests -skips .ci/skips  reads what go test -json writes, prints what
//	                                  failed, and fails on skips that the file does not name
//
// The rules are data where they can be: who may import whom is a table
// (table.go), and so are the homes of libraries (libraries.go) and the folders
// at the top (folders.go). A new folder needs a row, a new library a home.
package main
