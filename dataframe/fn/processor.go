package fn

import "github.com/riffledata/riffle/dataframe"

// Processor registers a processor, to be used with dataframe.Transform. make
// returns a new one; it is called for each task. A processor travels by its name
// and its state stays in checkpoints under it, so that the name should say the
// version: "acme/sessions@v1". It must be registered before main, in a package
// variable:
//
//	var sessions = fn.Processor("acme/sessions@v1", func() dataframe.Processor[string, Click, Session] { return &sessionizer{} })
//
// It panics if the name is taken or a type cannot be a column. Init is called once
// here, to see which states there are.
func Processor[K, In, Out any](name string, make func() dataframe.Processor[K, In, Out]) *dataframe.RegisteredProcessor[K, In, Out] {
	return dataframe.RegisterProcessor(name, make)
}

// ProcessorWithInitialState registers a processor whose state can begin with rows
// of another dataframe (dataframe.InitialState). All else is as with Processor.
func ProcessorWithInitialState[K, In, Out, S any](name string, make func() dataframe.ProcessorWithInitialState[K, In, Out, S]) *dataframe.RegisteredProcessor[K, In, Out] {
	return dataframe.RegisterProcessorWithInitialState(name, make)
}
