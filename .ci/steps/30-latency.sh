# How long an event takes until its batch is committed, what an idle query costs,
# and what one with many keys takes.
go build -o "$RIFFLE_CI_TMP/repobench" ./cmd/repobench
"$RIFFLE_CI_TMP/repobench" latency --length 3s --rounds 2 --gate
if [ -n "${RIFFLE_TEST_KAFKA:-}" ]; then
	"$RIFFLE_CI_TMP/repobench" latency --brokers "$RIFFLE_TEST_KAFKA" --length 3s
fi
"$RIFFLE_CI_TMP/repobench" idle --length 30s --gate
"$RIFFLE_CI_TMP/repobench" state --keys 1000000 --gate
