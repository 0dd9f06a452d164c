package expr

// families lists the functions of the catalogue; each family has a file.
func families() [][]*Function {
	return [][]*Function{
		operatorFunctions(),
		arithmeticFunctions(),
		patternFunctions(),
		conditionalFunctions(),
		nestedFunctions(),
		stringFunctions(), textFunctions(),
		mathFunctions(),
		dateFunctions(), timeFunctions(), windowFunctions(),
		jsonFunctions(),
		hashFunctions(),
		miscFunctions(),
		aggregateFunctions(),
	}
}
