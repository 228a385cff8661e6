using System.Text;
using Assay.Checkpoints;

namespace Assay.Directions.Contrasts;

/// <summary>Comma-separated values as RFC 4180 has them: quoted fields may hold commas, line ends and doubled quotes. Lines may end in LF alone; empty lines are passed over.</summary>
internal static class CsvRecords
{
    /// <summary>All records, each with the line it begins in.</summary>
    public static List<(int Line, IReadOnlyList<string> Fields)> Read(string name, string text, ProblemList problems)
    {
        var records = new List<(int, IReadOnlyList<string>)>();
        var (fields, field) = (new List<string>(), new StringBuilder());
        var (line, began, at) = (1, 1, 0);
        var quoted = false; // Whether the field at hand was quoted.
        while (at < text.Length)
        {
            var c = text[at];
            if (c == '"' && field.Length == 0 && !quoted)
            {
                quoted = true;
                var opened = line;
                var close = at + 1;
                for (; ; close++)
                {
                    if (close >= text.Length)
                    {
                        problems.Add($"{name}, line {opened}: a quoted field is not closed; expected a closing quote before the end of the file.");
                        return records;
                    }

                    if (text[close] == '\n') line++;
                    if (text[close] != '"') field.Append(text[close]);
                    else if (close + 1 < text.Length && text[close + 1] == '"') field.Append(text[close++]);
                    else break;
                }

                at = close + 1;
                if (at < text.Length && text[at] is not (',' or '\n') && !IsLineEnd(text, at))
                {
                    problems.Add($"{name}, line {line}: {ProblemList.Quote(text[at].ToString())} follows a closing quote; expected a comma or the end of the line. A quote within a quoted field is doubled.");
                    while (at < text.Length && text[at] is not (',' or '\n')) at++;
                }

                continue;
            }

            if (c == '"')
            {
                problems.Add($"{name}, line {line}: a quote within an unquoted field; expected the whole field in quotes and quotes in it doubled.");
                field.Append(c);
            }
            else if (c == ',')
            {
                EndField();
            }
            else if (c == '\n' || IsLineEnd(text, at))
            {
                if (c == '\r') at++;
                EndRecord();
                line++;
                began = line;
            }
            else
            {
                field.Append(c);
            }

            at++;
        }

        EndRecord();
        return records;

        void EndField()
        {
            fields.Add(field.ToString());
            field.Clear();
            quoted = false;
        }

        void EndRecord()
        {
            if (fields.Count == 0 && field.Length == 0 && !quoted) return;
            EndField();
            records.Add((began, fields.ToArray()));
            fields.Clear();
        }
    }

    private static bool IsLineEnd(string text, int at) => text[at] == '\r' && at + 1 < text.Length && text[at + 1] == '\n';
}
