namespace Assay.Tokenization.Normalizers;

/// <summary>The four normal forms of UAX #15.</summary>
internal enum NormalForm
{
    /// <summary>Canonical decomposition.</summary>
    Nfd,
    /// <summary>Canonical decomposition, then composition.</summary>
    Nfc,
    /// <summary>Compatibility decomposition.</summary>
    Nfkd,
    /// <summary>Compatibility decomposition, then composition.</summary>
    Nfkc,
}
