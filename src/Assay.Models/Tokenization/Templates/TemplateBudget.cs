using System.Runtime.CompilerServices;

namespace Assay.Tokenization.Templates;

/// <summary>What one rendering may spend. Every step, every character of every text made and every level of nesting is counted before the work is done, so that a hostile template ends early.</summary>
internal sealed class TemplateBudget(long steps, long characters, int depth)
{
    private long stepsTaken;
    private long charactersMade;
    private int level;

    public void Steps(long count)
    {
        if ((stepsTaken += count) > steps) throw TemplateFault.Because($"the template takes more than {steps} steps");
    }

    /// <summary>Counts a text that is about to be made, or was just made from counted parts.</summary>
    public string Characters(string text)
    {
        Characters(text.Length);
        return text;
    }

    public void Characters(long count)
    {
        if ((charactersMade += count) > characters) throw TemplateFault.Because($"the template makes more than {characters} characters of text");
    }

    /// <summary>Counts reading a text through.</summary>
    public void Read(string text) => Steps(text.Length / 64);

    /// <summary>Counts a search, whose worst case compares the whole part at every place.</summary>
    public void Search(string text, string part) => Steps((long)text.Length * (1 + part.Length) / 256);

    public void Enter()
    {
        if (++level > depth || !RuntimeHelpers.TryEnsureSufficientExecutionStack()) throw TemplateFault.Because($"the template nests calls and values deeper than {depth} levels");
        Steps(1);
    }

    public void Leave() => level--;
}
