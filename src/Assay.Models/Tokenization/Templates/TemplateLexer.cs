using System.Globalization;
using System.Text;
using Assay.Checkpoints;

namespace Assay.Tokenization.Templates;

internal enum TokenKind { Text, VariableBegin, VariableEnd, BlockBegin, BlockEnd, Name, String, Integer, Float, Operator, End }

internal readonly record struct TemplateToken(TokenKind Kind, string Text, int Line)
{
    public bool Is(TokenKind kind, string text) => Kind == kind && Text == text;

    /// <summary>How a message names the token.</summary>
    public string Shown => Kind == TokenKind.End ? "the template's end" : $"'{(Text.Length > 40 ? Text[..40] + "…" : Text)}'";
}

/// <summary>Splits a template into tokens as Jinja 3.1 does with <c>trim_blocks</c> and <c>lstrip_blocks</c> set, which is how transformers sets it up.</summary>
internal sealed class TemplateLexer
{
    private static readonly string[] Operators = ["//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<", "=", ".", ":", "|", ",", ";"];

    /// <summary>Every look-up of a name hashes it, and one that is not there is told by its name.</summary>
    private const int LongestName = 200;

    private readonly string source;
    private readonly List<TemplateToken> tokens = [];
    private int position;
    private int line = 1;

    /// <summary>Whether the last tag's match ended with a line feed: only then may spaces before the next tag count as a line's indentation.</summary>
    private bool lineStarting = true;

    private TemplateLexer(string source) => this.source = source;

    public static IReadOnlyList<TemplateToken> Run(string source)
    {
        source = source.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        if (source.EndsWith('\n')) source = source[..^1];
        var lexer = new TemplateLexer(source);
        lexer.Template();
        return lexer.tokens;
    }

    private static InvalidInputException Fault(int line, string problem) => new($"Chat template, line {line}: {problem}");

    private void Template()
    {
        while (position < source.Length)
        {
            var open = NextTag(position);
            if (open < 0)
            {
                AddText(source[position..], line);
                Advance(source.Length);
                break;
            }

            var mark = source[open + 1];
            var sign = open + 2 < source.Length && source[open + 2] is '-' or '+' ? source[open + 2] : '\0';
            AddText(StripBefore(source[position..open], sign, mark), line);
            Advance(open);
            var opened = line;
            lineStarting = false;
            var inner = open + 2 + (sign == '\0' ? 0 : 1);
            if (mark == '#') Comment(inner, opened);
            else if (mark == '%' && RawBegin(inner) is { } rawStart) Raw(rawStart, opened);
            else
            {
                tokens.Add(new TemplateToken(mark == '{' ? TokenKind.VariableBegin : TokenKind.BlockBegin, source.Substring(open, 2), line));
                position = inner;
                Code(mark == '{', opened);
            }
        }

        tokens.Add(new TemplateToken(TokenKind.End, "", line));
    }

    private int NextTag(int from)
    {
        for (var i = source.IndexOf('{', from); i >= 0 && i + 1 < source.Length; i = source.IndexOf('{', i + 1))
            if (source[i + 1] is '{' or '%' or '#') return i;
        return -1;
    }

    private string StripBefore(string text, char sign, char mark)
    {
        if (sign == '-') return PythonText.TrimEnd(text);
        if (sign == '+' || mark == '{') return text;
        var lineStart = text.LastIndexOf('\n') + 1;
        if (lineStart == 0 && !lineStarting) return text;
        return text.AsSpan(lineStart).IndexOfAnyExcept(PythonText.Spaces) < 0 ? text[..lineStart] : text;
    }

    private void AddText(string text, int at)
    {
        if (text.Length > 0) tokens.Add(new TemplateToken(TokenKind.Text, text, at));
    }

    private void Advance(int to)
    {
        line += source.AsSpan(position, to - position).Count('\n');
        position = to;
    }

    private void Comment(int inner, int opened)
    {
        var end = source.IndexOf("#}", inner, StringComparison.Ordinal);
        if (end < 0) throw Fault(opened, "the comment is not closed by '#}'.");
        CloseTag(end + 2, end > inner ? source[end - 1] : '\0', trims: true);
    }

    /// <summary>Moves behind a closing tag and what it swallows: all white space after a minus, else one line feed for blocks and comments.</summary>
    private void CloseTag(int end, char sign, bool trims)
    {
        var after = end;
        if (sign == '-')
            while (after < source.Length && PythonText.IsSpace(source[after])) after++;
        else if (trims && sign != '+' && after < source.Length && source[after] == '\n') after++;
        lineStarting = after > end && source[after - 1] == '\n';
        Advance(after);
    }

    private int? RawBegin(int inner)
    {
        var at = SkipSpaces(inner);
        if (string.CompareOrdinal(source, at, "raw", 0, 3) != 0) return null;
        at = SkipSpaces(at + 3);
        if (string.CompareOrdinal(source, at, "-%}", 0, 3) == 0) return SkipSpaces(at + 3);
        return string.CompareOrdinal(source, at, "%}", 0, 2) == 0 ? at + 2 : null;
    }

    private int SkipSpaces(int at)
    {
        while (at < source.Length && PythonText.IsSpace(source[at])) at++;
        return at;
    }

    private void Raw(int start, int opened)
    {
        lineStarting = source[start - 1] == '\n';
        Advance(start);
        for (var open = source.IndexOf("{%", start, StringComparison.Ordinal); open >= 0; open = source.IndexOf("{%", open + 2, StringComparison.Ordinal))
        {
            var sign = open + 2 < source.Length && source[open + 2] is '-' or '+' ? source[open + 2] : '\0';
            var at = SkipSpaces(open + 2 + (sign == '\0' ? 0 : 1));
            if (string.CompareOrdinal(source, at, "endraw", 0, 6) != 0) continue;
            at = SkipSpaces(at + 6);
            var closing = at < source.Length && source[at] is '-' or '+' ? source[at++] : '\0';
            if (string.CompareOrdinal(source, at, "%}", 0, 2) != 0) continue;
            AddText(StripBefore(source[start..open], sign, '%'), line);
            CloseTag(at + 2, closing, trims: true);
            return;
        }

        throw Fault(opened, "'raw' is not closed by 'endraw'.");
    }

    private void Code(bool variable, int opened)
    {
        var brackets = new Stack<char>();
        var close = variable ? "}}" : "%}";
        while (true)
        {
            Advance(SkipSpaces(position));
            if (position >= source.Length) throw Fault(opened, $"the tag is not closed by '{close}'.");
            if (brackets.Count == 0)
            {
                var sign = source[position] == '-' || (!variable && source[position] == '+') ? source[position] : '\0';
                var at = position + (sign == '\0' ? 0 : 1);
                if (string.CompareOrdinal(source, at, close, 0, 2) == 0)
                {
                    tokens.Add(new TemplateToken(variable ? TokenKind.VariableEnd : TokenKind.BlockEnd, close, line));
                    CloseTag(at + 2, sign, trims: !variable);
                    return;
                }
            }

            CodeToken(brackets);
        }
    }

    private void CodeToken(Stack<char> brackets)
    {
        var c = source[position];
        if (char.IsAsciiDigit(c)) Number();
        else if (c == '_' || char.IsLetter(c)) Word();
        else if (c is '\'' or '"') Quoted(c);
        else
        {
            foreach (var text in Operators)
            {
                if (string.CompareOrdinal(source, position, text, 0, text.Length) != 0) continue;
                if (text is "(" or "[" or "{") brackets.Push(text[0] == '(' ? ')' : text[0] == '[' ? ']' : '}');
                else if (text is ")" or "]" or "}" && (brackets.Count == 0 || brackets.Pop() != text[0])) throw Fault(line, $"unexpected '{text}'.");
                tokens.Add(new TemplateToken(TokenKind.Operator, text, line));
                position += text.Length;
                return;
            }

            throw Fault(line, $"unexpected character '{c}'.");
        }
    }

    private void Word()
    {
        var end = position;
        while (end < source.Length && (source[end] == '_' || char.IsLetterOrDigit(source[end]))) end++;
        if (end - position > LongestName) throw Fault(line, $"a name has {end - position} characters; at most {LongestName} are read.");
        tokens.Add(new TemplateToken(TokenKind.Name, source[position..end], line));
        position = end;
    }

    private void Number()
    {
        if (source[position] == '0' && position + 1 < source.Length && char.ToLowerInvariant(source[position + 1]) is 'x' or 'o' or 'b') throw Fault(line, "numbers in base 16, 8 or 2 are not supported.");
        var end = Digits(position);
        var isFloat = false;
        if (end + 1 < source.Length && source[end] == '.' && char.IsAsciiDigit(source[end + 1]) && !(position > 0 && source[position - 1] == '.'))
        {
            isFloat = true;
            end = Digits(end + 1);
        }

        if (end < source.Length && source[end] is 'e' or 'E')
        {
            var digits = end + 1 < source.Length && source[end + 1] is '+' or '-' ? end + 2 : end + 1;
            if (digits < source.Length && char.IsAsciiDigit(source[digits]))
            {
                isFloat = true;
                end = Digits(digits);
            }
        }

        tokens.Add(new TemplateToken(isFloat ? TokenKind.Float : TokenKind.Integer, source[position..end].Replace("_", "", StringComparison.Ordinal), line));
        position = end;
    }

    private int Digits(int at)
    {
        while (at < source.Length && (char.IsAsciiDigit(source[at]) || (source[at] == '_' && at + 1 < source.Length && char.IsAsciiDigit(source[at + 1])))) at++;
        return at;
    }

    private void Quoted(char quote)
    {
        var text = new StringBuilder();
        var opened = line;
        var at = position + 1;
        for (; at < source.Length && source[at] != quote; at++)
        {
            if (source[at] != '\\') text.Append(source[at]);
            else if (++at < source.Length) at = Escape(at, text, opened);
        }

        if (at >= source.Length) throw Fault(opened, "the string is not closed.");
        tokens.Add(new TemplateToken(TokenKind.String, text.ToString(), opened));
        Advance(at + 1);
    }

    /// <summary>Decodes one escape of Python's string literals; an unknown one keeps its backslash. Returns the index of its last character.</summary>
    private int Escape(int at, StringBuilder text, int opened)
    {
        const string Letters = "abfnrtv\\'\"", Meanings = "\a\b\f\n\r\t\v\\'\"";
        var c = source[at];
        if (Letters.IndexOf(c) is >= 0 and var i) text.Append(Meanings[i]);
        else if (c is 'x' or 'u' or 'U') return CodePoint(at, c switch { 'x' => 2, 'u' => 4, _ => 8 }, text, opened);
        else if (c is >= '0' and <= '7')
        {
            var value = 0;
            var end = at;
            for (; end < source.Length && end < at + 3 && source[end] is >= '0' and <= '7'; end++) value = value * 8 + source[end] - '0';
            text.Append((char)value);
            return end - 1;
        }
        else if (c == 'N') throw Fault(opened, "\\N escapes are not supported.");
        else if (c != '\n') text.Append('\\').Append(c);
        return at;
    }

    private int CodePoint(int at, int digits, StringBuilder text, int opened)
    {
        if (at + digits >= source.Length || !int.TryParse(source.AsSpan(at + 1, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value) || value is < 0 or > 0x10FFFF)
            throw Fault(opened, $"\\{source[at]} needs {digits} hexadecimal digits of a code point.");
        if (value < 0x10000) text.Append((char)value);
        else text.Append(char.ConvertFromUtf32(value));
        return at + digits;
    }
}
