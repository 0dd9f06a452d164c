package types

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// basicNames are all names of the types without parameters, those of Spark.
var basicNames = map[string]*Basic{
	"void": Void, "boolean": Boolean, "tinyint": Byte, "byte": Byte, "smallint": Short, "short": Short,
	"int": Int, "integer": Int, "bigint": Long, "long": Long, "float": Float, "real": Float, "double": Double,
	"string": String, "binary": Binary, "date": Date, "timestamp": Timestamp, "timestamp_ltz": Timestamp,
	"timestamp_ntz": TimestampNTZ, "interval": Interval,
}

// refusedTypes are names that people know, and what to write instead.
var refusedTypes = map[string]string{
	"varchar": "write STRING: text has no length of its own here", "char": "write STRING: text has no length of its own here",
	"character": "write STRING: text has no length of its own here", "text": "write STRING", "bool": "write BOOLEAN",
	"uint64": "write DECIMAL(20,0)", "datetime": "write TIMESTAMP",
}

func typeNames() []string {
	return append(slices.Sorted(maps.Keys(basicNames)), "array", "map", "struct", "decimal", "dec", "numeric")
}

// typ reads a type.
func (p *ddl) typ() (Type, error) {
	if p.depth++; p.depth > maxDDLDepth {
		return nil, p.fail(p.at(0), "", "types are nested more than %d deep", maxDDLDepth)
	}
	defer func() { p.depth-- }()
	t := p.take()
	if t.sign != ddlWord {
		return nil, p.fail(t, "", "expected a type, found %s", t)
	}
	switch name := strings.ToLower(t.text); name {
	case "decimal", "dec", "numeric":
		return p.decimal()
	case "array":
		return p.array()
	case "map":
		return p.mapType()
	case "struct":
		return p.structType()
	case "timestamp":
		return p.timestamp()
	default:
		return p.basic(t, name)
	}
}

func (p *ddl) basic(t ddlToken, name string) (Type, error) {
	b, ok := basicNames[name]
	if !ok {
		fix, refused := refusedTypes[name]
		if !refused {
			fix = strings.TrimPrefix(DidYouMean(name, typeNames()), "; ")
		}
		if fix == "" {
			fix = "the types are " + strings.Join(typeNames(), ", ")
		}
		return nil, p.fail(t, fix, "no type %s", t)
	}
	if open := p.at(0); open.sign == '(' || open.sign == '<' {
		return nil, p.fail(open, "", "the type %s takes no parameters", b.Name())
	}
	return b, nil
}

// timestamp reads what may follow the word: WITH LOCAL TIME ZONE, WITHOUT TIME ZONE.
func (p *ddl) timestamp() (Type, error) {
	zone := func(i int) bool { return p.at(i).isWord("time") && p.at(i+1).isWord("zone") }
	switch {
	case p.at(0).isWord("without") && zone(1):
		p.next += 3
		return TimestampNTZ, nil
	case p.at(0).isWord("with") && p.at(1).isWord("local") && zone(2):
		p.next += 4
	}
	return p.basic(ddlToken{sign: ddlWord, text: "timestamp"}, "timestamp")
}

// decimal reads (precision, scale), each of which may be left out: (10, 0).
func (p *ddl) decimal() (Type, error) {
	d := Decimal{Precision: 10}
	if !p.skip('(') {
		return d, nil
	}
	open := p.at(0)
	var err error
	if d.Precision, err = p.number(); err != nil {
		return nil, err
	}
	if p.skip(',') {
		if d.Scale, err = p.number(); err != nil {
			return nil, err
		}
	}
	if d.Precision < 1 || d.Precision > MaxPrecision || d.Scale > d.Precision {
		return nil, p.fail(open, fmt.Sprintf("1 <= precision <= %d, and 0 <= scale <= precision", MaxPrecision), "no type %s", d.Name())
	}
	return d, p.expect(')', "the decimal's digits")
}

func (p *ddl) number() (int, error) {
	t := p.take()
	n, err := strconv.Atoi(t.text)
	if t.sign != ddlNumber || err != nil {
		return 0, p.fail(t, "", "expected a number of digits, found %s", t)
	}
	return n, nil
}

func (p *ddl) array() (Type, error) {
	if err := p.expect('<', "array"); err != nil {
		return nil, err
	}
	elem, err := p.typ()
	if err != nil {
		return nil, err
	}
	return Array{Elem: elem, ContainsNull: true}, p.expect('>', "the element type "+elem.Name())
}

func (p *ddl) mapType() (Type, error) {
	if err := p.expect('<', "map"); err != nil {
		return nil, err
	}
	key, err := p.typ()
	if err != nil {
		return nil, err
	}
	if err = p.expect(',', "the key type "+key.Name()); err != nil {
		return nil, err
	}
	value, err := p.typ()
	if err != nil {
		return nil, err
	}
	return Map{Key: key, Value: value, ValueContainsNull: true}, p.expect('>', "the value type "+value.Name())
}

func (p *ddl) structType() (Type, error) {
	if err := p.expect('<', "struct"); err != nil {
		return nil, err
	}
	if p.skip('>') {
		return Struct{}, nil
	}
	fields, err := p.fields('>')
	if err != nil {
		return nil, err
	}
	return Struct{Fields: fields}, p.expect('>', "the fields of the struct")
}
