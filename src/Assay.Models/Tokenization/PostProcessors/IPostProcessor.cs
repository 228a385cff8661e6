namespace Assay.Tokenization.PostProcessors;

/// <summary>Adds special tokens around the ids of a text.</summary>
internal interface IPostProcessor
{
    /// <summary>The ids with special tokens.</summary>
    List<int> Process(List<int> ids);
}
