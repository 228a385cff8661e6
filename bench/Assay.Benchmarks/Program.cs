using Assay.Benchmarks;
using BenchmarkDotNet.Running;

// `-- engine` measures products and whole models and writes bench/results/<cpu>.md, `-- peers` the same work done by other programs,
// `-- tokenizers` how fast text becomes ids, `-- diff` comparisons of weights, `-- large` a pair of 7B-shaped models within 2 GiB,
// `-- fuzz` gives every reader damaged files; `-- directions` what removing directions does to the organisms, `-- coverage` what intervals
// cover, `-- kill` kills a comparison at 30 moments, `-- vet` tells where the time of a standard one goes, `-- foretold` whether
// it was foretold; anything else goes to BenchmarkDotNet.
if (args is ["engine", ..])
{
    EngineBenchmark.Run(args[1..]);
    return;
}

if (args is ["peers", ..])
{
    Assay.Benchmarks.Peers.PeersBenchmark.Run(args[1..]);
    return;
}

if (args is ["tokenizers", ..])
{
    Environment.ExitCode = Assay.Benchmarks.Tokenizers.TokenizerBenchmark.Run(args[1..]);
    return;
}

if (args is ["diff", ..])
{
    DiffBenchmark.Run(args[1..]);
    return;
}

if (args is ["large", ..])
{
    Environment.ExitCode = LargeBenchmark.Run(args[1..]);
    return;
}

if (args is ["directions", ..])
{
    Environment.ExitCode = DirectionsBenchmark.Run(args[1..]);
    return;
}

if (args is ["fuzz", ..])
{
    Environment.ExitCode = Assay.Benchmarks.Fuzzing.FuzzBenchmark.Run(args[1..]);
    return;
}

if (args is ["coverage", ..])
{
    Environment.ExitCode = CoverageBenchmark.Run(args[1..]);
    return;
}

if (args is ["kill", ..])
{
    Environment.ExitCode = KillBenchmark.Run(args[1..]);
    return;
}

if (args is ["vet", ..])
{
    Environment.ExitCode = VetBenchmark.Run(args[1..]);
    return;
}

if (args is ["foretold", ..])
{
    Environment.ExitCode = ForetoldBenchmark.Run(args[1..]);
    return;
}

BenchmarkSwitcher.FromAssembly(typeof(EngineBenchmark).Assembly).Run(args);
