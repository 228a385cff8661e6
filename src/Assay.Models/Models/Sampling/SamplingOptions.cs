namespace Assay.Models.Sampling;

/// <summary>How the next token is chosen from its logits, in transformers' terms. The defaults leave the distribution as the model has it.</summary>
public sealed record SamplingOptions
{
    /// <summary>False: the likeliest token, after <see cref="RepetitionPenalty"/> only. True: drawn from the distribution.</summary>
    public bool DoSample { get; init; } = true;

    /// <summary>Divisor of the logits, above 0.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Keeps logits at least as large as the k-th largest, ties included; 0 keeps all.</summary>
    public int TopK { get; init; }

    /// <summary>Keeps the likeliest tokens whose probabilities reach this sum, from 0 to 1; 1 keeps all.</summary>
    public double TopP { get; init; } = 1;

    /// <summary>Keeps tokens at least this fraction as likely as the likeliest, from 0 to 1; null or 0 keeps all.</summary>
    public double? MinP { get; init; }

    /// <summary>Divides positive and multiplies negative logits of tokens seen before, above 0; 1 for none.</summary>
    public double RepetitionPenalty { get; init; } = 1;
}
