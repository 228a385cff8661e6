using Assay.Checkpoints;
using Assay.Evaluation.Vetting;

namespace Assay.Runs;

/// <summary>One option of <see cref="VetRequest"/>. Command line, configuration file, schema, plan, reproduce line and the request that a part of a run keeps
/// are made from it.</summary>
public sealed record VetOption
{
    private readonly Func<VetRequest, IReadOnlyList<object>> _get;
    private readonly Func<VetRequest, IReadOnlyList<object>, VetRequest> _set;

    private VetOption(string name, OptionKind kind, string description, bool repeats, Func<VetRequest, IReadOnlyList<object>> get,
        Func<VetRequest, IReadOnlyList<object>, VetRequest> set) =>
        (Name, Kind, Description, Repeats, Word, _get, _set) = (name, kind, description, repeats, kind.Word, get, set);

    /// <summary>Its long name, without dashes: the key of a configuration file.</summary>
    public string Name { get; }

    /// <summary>What its value may be.</summary>
    public OptionKind Kind { get; }

    /// <summary>What help and comments say of it.</summary>
    public string Description { get; }

    /// <summary>Whether it may be given several times.</summary>
    public bool Repeats { get; }

    /// <summary>What stands for the value in help.</summary>
    public string Word { get; internal init; }

    /// <summary>Its short name with a dash; null for none.</summary>
    public string? Alias { get; internal init; }

    /// <summary>What it decides.</summary>
    public OptionEffect Effect { get; internal init; }

    /// <summary>Whether the reproduce line says it even where it is the default.</summary>
    internal bool AlwaysStated { get; init; }

    /// <summary>Its line in <c>plan.yaml</c>, resolved: key, and value of a plan; null where the plan says nothing of it.</summary>
    internal (string Key, Func<VetPlan, object> Value)? Planned { get; init; }

    /// <summary>Reads what was given into a request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="values">One text; several where the option repeats.</param>
    /// <exception cref="InvalidInputException">A text is no such value.</exception>
    public VetRequest Read(VetRequest request, IReadOnlyList<string> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        return _set(request, [.. values.Select(v => Kind.Read("--" + Name, v))]);
    }

    /// <summary>Writes the request's value, so that <see cref="Read"/> gives an equal one; empty where none is given.</summary>
    public IReadOnlyList<string> Write(VetRequest request) => [.. _get(request).Select(Kind.Write)];

    /// <summary>An option that is given once.</summary>
    /// <param name="name">Long name without dashes.</param>
    /// <param name="kind">What its value may be; read as <typeparamref name="T"/>.</param>
    /// <param name="description">What help says of it.</param>
    /// <param name="get">The request's value; null where none is given.</param>
    /// <param name="set">The request with another value.</param>
    internal static VetOption Once<T>(string name, OptionKind kind, string description, Func<VetRequest, object?> get, Func<VetRequest, T, VetRequest> set) =>
        new(name, kind, description, false, r => get(r) is { } value ? [value] : [], (r, values) => set(r, (T)values[^1]));

    /// <summary>An option that may be given several times.</summary>
    /// <param name="name">Long name without dashes.</param>
    /// <param name="kind">What each value may be; read as <typeparamref name="T"/>.</param>
    /// <param name="description">What help says of it.</param>
    /// <param name="get">The request's values.</param>
    /// <param name="set">The request with other values.</param>
    internal static VetOption Several<T>(string name, OptionKind kind, string description, Func<VetRequest, IEnumerable<T>> get,
        Func<VetRequest, IReadOnlyList<T>, VetRequest> set) =>
        new(name, kind, description, true, r => [.. get(r).Cast<object>()], (r, values) => set(r, [.. values.Cast<T>()]));
}
