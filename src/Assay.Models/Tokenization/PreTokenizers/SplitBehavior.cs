namespace Assay.Tokenization.PreTokenizers;

/// <summary>What becomes of the matches of a splitting pattern.</summary>
internal enum SplitBehavior
{
    /// <summary>Dropped.</summary>
    Removed,
    /// <summary>Pieces of their own.</summary>
    Isolated,
    /// <summary>Ends of the pieces before them.</summary>
    MergedWithPrevious,
    /// <summary>Beginnings of the pieces after them.</summary>
    MergedWithNext,
    /// <summary>Neighbouring matches become one piece.</summary>
    Contiguous,
}
