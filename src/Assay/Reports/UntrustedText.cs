using System.Globalization;
using System.Text;

namespace Assay.Reports;

/// <summary>Text that comes from models, files or users, made safe to show. What a model writes may try to steer a terminal or a page.</summary>
public static class UntrustedText
{
    /// <summary>The text with every control character, direction override, lone surrogate and unassigned or private character written as <c>\u{hex}</c>.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="keepLines">Whether line feeds and tabs stay; otherwise they are written as <c>\n</c> and <c>\t</c>.</param>
    public static string Visible(string text, bool keepLines = false)
    {
        var clean = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (!Rune.TryGetRuneAt(text, i, out var rune))
            {
                clean.Append($"\\u{{{(int)text[i]:x}}}");
                continue;
            }

            i += rune.Utf16SequenceLength - 1;
            switch (rune.Value)
            {
                case '\n': clean.Append(keepLines ? "\n" : "\\n"); break;
                case '\t': clean.Append(keepLines ? "\t" : "\\t"); break;
                case '\r': clean.Append("\\r"); break;
                default:
                    if (IsShown(rune)) clean.Append(rune.ToString());
                    else clean.Append($"\\u{{{rune.Value:x}}}");
                    break;
            }
        }

        return clean.ToString();
    }

    /// <summary>The text as literal Markdown on one line: nothing in it is a link, an image, HTML, emphasis or a table's border.</summary>
    public static string Markdown(string text)
    {
        var clean = new StringBuilder(text.Length);
        foreach (var c in Visible(text))
        {
            switch (c)
            {
                case '&': clean.Append("&amp;"); break;
                case '<': clean.Append("&lt;"); break;
                case '>': clean.Append("&gt;"); break;
                default:
                    if (@"\`*_{}[]()#+-!|~$=".Contains(c)) clean.Append('\\');
                    clean.Append(c);
                    break;
            }
        }

        // An address would become a link even without brackets.
        return clean.Replace("://", "&#58;//").Replace("www.", "www&#46;").ToString();
    }

    private static bool IsShown(Rune rune) => Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator
        or UnicodeCategory.ParagraphSeparator or UnicodeCategory.OtherNotAssigned or UnicodeCategory.PrivateUse or UnicodeCategory.Surrogate);
}
