// Command repocheck keeps the tree a tree: it reads every Go file and every page
// of the repository and says what breaks the rules of the house, and what to do
// instead. Its tests run the same checks on the tree it stands in, so that
// "go test ./..." does too.
//
// The rules are data where they can be: who may import whom is a table
// (table.go), and so are the homes of libraries (libraries.go) and the folders
// at the top (folders.go). A new folder needs a row, a new library a home.
package main
