using Assay.Benchmarks;
using BenchmarkDotNet.Running;

// `-- engine` measures whole products and whole models and writes bench/results/<cpu>.md; anything else goes to BenchmarkDotNet.
if (args is ["engine", ..])
{
    EngineBenchmark.Run(args[1..]);
    return;
}

BenchmarkSwitcher.FromAssembly(typeof(EngineBenchmark).Assembly).Run(args);
