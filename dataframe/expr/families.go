package expr

// families lists the functions of the catalogue; each family has a file.
func families() [][]*Function {
	return [][]*Function{
		operatorFunctions(),
		stringFunctions(), textFunctions(),
		mathFunctions(),
		dateFunctions(), timeFunctions(),
		jsonFunctions(),
		hashFunctions(),
		miscFunctions(),
		aggregateFunctions(),
	}
}
