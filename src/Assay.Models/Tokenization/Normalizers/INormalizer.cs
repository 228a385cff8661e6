namespace Assay.Tokenization.Normalizers;

/// <summary>Rewrites text before it is cut into pieces.</summary>
internal interface INormalizer
{
    /// <summary>The text rewritten; it may be longer or shorter.</summary>
    /// <param name="text">Well-formed UTF-16.</param>
    /// <param name="most">UTF-16 units that the result may have; a step that can multiply a text stops there.</param>
    /// <exception cref="Checkpoints.InvalidInputException">The result would be longer.</exception>
    string Normalize(string text, int most);

    /// <summary>The text rewritten within <see cref="EncodingBudget.Most"/>.</summary>
    string Normalize(string text) => Normalize(text, EncodingBudget.Most(text.Length));
}
