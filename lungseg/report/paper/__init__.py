"""The reviewer pack: what a paper says of runs, each number with the place it was taken from."""
