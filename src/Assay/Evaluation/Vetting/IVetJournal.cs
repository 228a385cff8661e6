namespace Assay.Evaluation.Vetting;

/// <summary>Keeps what is finished, so that an interrupted comparison can go on.</summary>
public interface IVetJournal
{
    /// <summary>A finished item, or null.</summary>
    VetItem? FindItem(string id);

    /// <summary>A finished document, or null.</summary>
    VetDocument? FindDocument(string id);

    /// <summary>Keeps an item.</summary>
    void Add(VetItem item);

    /// <summary>Keeps a document.</summary>
    void Add(VetDocument document);
}
