using Assay.Checkpoints;

namespace Assay.Tokenization.Templates;

/// <summary>Makes the exceptions that a template's evaluation ends with; the renderer adds the line.</summary>
internal static class TemplateFault
{
    public static InvalidInputException Because(string problem) => new(problem + ".");

    public static InvalidInputException Unsupported(string what) => new(what + " is not supported in chat templates here.");

    public static InvalidInputException Undefined(Undefined value) => new(value.Why + ".");
}
