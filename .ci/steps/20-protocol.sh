# The protocol of exactly once, explored at full size: every order of the steps of
# two and three drivers, whatever fails where.
RIFFLE_MODEL=full go test -count=1 -timeout 10m -v -run '^(TestEveryOrder|TestFlaws)$' ./exec/checkpoint | grep -E 'states|^(ok|FAIL|---)'
