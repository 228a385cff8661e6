using System.Globalization;
using System.Text;

namespace Assay.Reports.Html;

/// <summary>Builds HTML and SVG. Whatever is handed in as text or as an attribute's value is data: nothing of it becomes markup.</summary>
internal sealed class HtmlText
{
    private readonly StringBuilder _html = new();

    /// <summary>What was built.</summary>
    public override string ToString() => _html.ToString();

    /// <summary>Markup that the program wrote itself.</summary>
    /// <param name="markup">Never a text of a model, a file or a user.</param>
    public HtmlText Raw(string markup)
    {
        _html.Append(markup);
        return this;
    }

    /// <summary>An element with what is in it.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="content">Writes what is in it.</param>
    /// <param name="attributes">Names and values; a value that is null leaves the attribute out.</param>
    public HtmlText Element(string name, Action<HtmlText> content, params ReadOnlySpan<(string Name, string? Value)> attributes)
    {
        Open(name, attributes).Append('>');
        content(this);
        _html.Append("</").Append(name).Append('>');
        return this;
    }

    /// <summary>An element with nothing in it, such as a line of a drawing.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="attributes">Names and values.</param>
    public HtmlText Mark(string name, params ReadOnlySpan<(string Name, string? Value)> attributes)
    {
        Open(name, attributes).Append("/>");
        return this;
    }

    /// <summary>An element that holds a text.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="text">The text, whatever is in it.</param>
    /// <param name="attributes">Names and values.</param>
    public HtmlText Element(string name, string text, params ReadOnlySpan<(string Name, string? Value)> attributes) =>
        Element(name, h => h.Text(text), attributes);

    /// <summary>A text, whatever is in it: control characters and direction marks are written out, line ends stay.</summary>
    /// <param name="text">The text.</param>
    public HtmlText Text(string text)
    {
        _html.Append(Encoded(text));
        return this;
    }

    /// <summary>A number of a drawing: two decimals are a hundredth of a pixel.</summary>
    /// <param name="value">The number.</param>
    public static string Place(double value) => Math.Round(value, 2).ToString(CultureInfo.InvariantCulture);

    private StringBuilder Open(string name, ReadOnlySpan<(string Name, string? Value)> attributes)
    {
        _html.Append('<').Append(name);
        foreach (var (attribute, value) in attributes)
            if (value is not null) _html.Append(' ').Append(attribute).Append("=\"").Append(Encoded(value)).Append('"');
        return _html;
    }

    private static string Encoded(string text)
    {
        var clean = new StringBuilder(text.Length);
        foreach (var c in UntrustedText.Visible(text, keepLines: true))
            _ = c switch
            {
                '&' => clean.Append("&amp;"),
                '<' => clean.Append("&lt;"),
                '>' => clean.Append("&gt;"),
                '"' => clean.Append("&quot;"),
                '\'' => clean.Append("&#39;"),
                _ => clean.Append(c),
            };
        return clean.ToString();
    }
}
