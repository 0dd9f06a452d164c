package checkpoint

func DecodeCommit(b []byte) (Commit, error) { return Commit{}, nil }
