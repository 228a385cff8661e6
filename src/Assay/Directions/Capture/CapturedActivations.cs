using System.Collections.Immutable;

namespace Assay.Directions.Capture;

/// <summary>Activations of one set of prompts.</summary>
public sealed class CapturedActivations
{
    private readonly Dictionary<ActivationPlace, ActivationMoments> _moments;
    private readonly Dictionary<ActivationPlace, float[]> _rows;

    internal CapturedActivations(EncodedPrompts prompts, int width, IReadOnlyList<ActivationPlace> places, Dictionary<ActivationPlace, ActivationMoments> moments, Dictionary<ActivationPlace, float[]> rows)
    {
        Prompts = prompts;
        Width = width;
        Places = [.. places];
        _moments = moments;
        _rows = rows;
    }

    /// <summary>The moments alone of several of the same prompts, taken at different places.</summary>
    internal static CapturedActivations MomentsOf(IReadOnlyList<CapturedActivations> parts) =>
        new(parts[0].Prompts, parts[0].Width, [.. parts.SelectMany(p => p.Places)], parts.SelectMany(p => p._moments).ToDictionary(), []);

    /// <summary>What was read, id for id.</summary>
    public EncodedPrompts Prompts { get; }

    /// <summary>d.</summary>
    public int Width { get; }

    /// <summary>Where activations were taken, by block, then point, then position from the last.</summary>
    public ImmutableArray<ActivationPlace> Places { get; }

    /// <summary>Mean and covariance at a place.</summary>
    public ActivationMoments Moments(ActivationPlace place) => _moments[place];

    /// <summary>(prompts, d): the activations at a place whose rows were asked for.</summary>
    public ReadOnlyMemory<float> Rows(ActivationPlace place) => _rows[place];
}
