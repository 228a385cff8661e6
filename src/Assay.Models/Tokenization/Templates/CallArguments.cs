namespace Assay.Tokenization.Templates;

/// <summary>Binds the arguments of a filter, a test or a method to its parameters, as Python does.</summary>
internal readonly struct CallArguments
{
    private readonly string callee;
    private readonly object?[] values;
    private readonly bool[] given;

    public CallArguments(string callee, CallValues call, params ReadOnlySpan<string> parameters)
    {
        this.callee = callee;
        values = new object?[parameters.Length];
        given = new bool[parameters.Length];
        if (call.Positional.Count > parameters.Length) throw TemplateFault.Because($"'{callee}' takes at most {parameters.Length} arguments here but was given {call.Positional.Count}");
        for (var i = 0; i < call.Positional.Count; i++) Set(i, call.Positional[i]);
        foreach (var (name, value) in call.Named)
        {
            var at = parameters.IndexOf(name);
            if (at < 0 || given[at]) throw TemplateFault.Because($"'{callee}' has no free parameter '{name}'");
            Set(at, value);
        }
    }

    public bool Has(int index) => given[index];

    /// <summary>The argument; without a standard it must be given.</summary>
    public object? Value(int index) => given[index] ? values[index] : throw TemplateFault.Because($"'{callee}' needs an argument more");

    public object? Value(int index, object? standard) => given[index] ? values[index] : standard;

    public string Text(int index) => AsText(Value(index));

    public string? Text(int index, string? standard) => !given[index] || values[index] is null ? standard : AsText(values[index]);

    public long Integer(int index, long standard) => given[index] ? PythonValue.ToInteger(values[index]) : standard;

    public bool Flag(int index, bool standard = false) => given[index] ? PythonValue.IsTrue(values[index]) : standard;

    private void Set(int index, object? value)
    {
        values[index] = value;
        given[index] = true;
    }

    private string AsText(object? value) => value as string ?? (value as Markup)?.Text ?? throw TemplateFault.Because($"'{callee}' expects a string but was given {PythonValue.TypeName(value)}");
}
