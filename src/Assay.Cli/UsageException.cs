namespace Assay.Cli;

/// <summary>A command line or config that asks for something impossible. Exit code 64.</summary>
internal sealed class UsageException(string message) : Exception(message);
