namespace Assay.Tokenization.Expressions;

/// <summary>Kinds of steps of a compiled expression.</summary>
internal enum InstructionKind
{
    /// <summary>The expression has matched.</summary>
    Match,
    /// <summary>Go elsewhere.</summary>
    Jump,
    /// <summary>Try one way, then the other.</summary>
    Split,
    /// <summary>Consume one code point of a set.</summary>
    Set,
    /// <summary>Go on only where the next code point is of a set.</summary>
    Ahead,
    /// <summary>Go on only where the next code point is not of a set, or there is none.</summary>
    NotAhead,
}
