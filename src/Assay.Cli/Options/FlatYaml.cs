using Assay.Checkpoints;
using Assay.Reports;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Assay.Cli.Options;

/// <summary>One mapping of words to words, to lists of words or to mappings of words, in YAML or JSON. Nothing else nests, nothing refers to
/// anything: what does is refused at the event that shows it, before a tree of it is built.</summary>
internal static class FlatYaml
{
    private const int LargestFile = 1 << 20;
    private const int MostValues = 1000;

    /// <summary>A value that nests is told by its key, with the file's other problems; beyond this depth the file is given up.</summary>
    private const int MostDepth = 16;

    /// <summary>The entries in the order of the file.</summary>
    /// <exception cref="InvalidInputException">Missing, unreadable, too long, or anything but such a mapping.</exception>
    public static IReadOnlyList<FlatEntry> Read(string path)
    {
        if (Directory.Exists(path)) throw new InvalidInputException($"{path}: is a folder; a YAML or JSON file of options is expected.");
        return Parse(RegularFile.ReadText(path, LargestFile, "a config file").TrimStart('\uFEFF'), path);
    }

    /// <summary>The entries of a text.</summary>
    /// <param name="text">YAML or JSON.</param>
    /// <param name="path">Its file, for messages.</param>
    /// <exception cref="InvalidInputException">Anything but a flat mapping.</exception>
    public static IReadOnlyList<FlatEntry> Parse(string text, string path)
    {
        try
        {
            return Entries(new Parser(new StringReader(text)), path);
        }
        // The parser has exceptions of its own for most of what is malformed, and the runtime's for the rest of it.
        catch (Exception e) when (e is not (InvalidInputException or OutOfMemoryException))
        {
            throw new InvalidInputException(
                $"{path}{(e is YamlException yaml ? $", line {yaml.Start.Line}" : "")}: not YAML: {UntrustedText.Visible(e.Message)}", e);
        }
    }

    private static List<FlatEntry> Entries(Parser parser, string path)
    {
        List<FlatEntry> entries = [];
        string? key = null;
        List<string?>? values = null; // Of the list that is open; null in a mapping, and in a list that holds more than words.
        List<KeyValuePair<string, string?>>? pairs = null; // Of the mapping that is open; null where it holds more than words.
        string? name = null; // In that mapping, the key whose value comes next.
        var (inside, isList, documents, depth, line, count) = (false, false, 0, 0, 0L, 0);
        while (parser.MoveNext())
        {
            var at = parser.Current!.Start.Line;
            switch (parser.Current)
            {
                case SequenceStart when depth == 0 && inside && key is not null:
                    (values, isList, line, depth) = ([], true, at, 1);
                    break;
                case MappingStart or SequenceStart when depth > 0 || (inside && key is not null):
                    pairs = depth == 0 && parser.Current is MappingStart ? [] : null;
                    if (depth++ == 0) (isList, line) = (false, at);
                    values = null;
                    if (depth > MostDepth) throw new InvalidInputException(
                        $"{path}, line {at}: nests deeper than {MostDepth} levels; expected one mapping of options, such as 'items: 64'.");
                    break;
                case MappingEnd or SequenceEnd when depth > 0:
                    if (--depth > 0) break;
                    entries.Add(new FlatEntry(key!, values, isList, line, pairs));
                    (key, pairs, name) = (null, null, null);
                    break;
                case Scalar scalar when depth > 0:
                    values?.Add(Value(scalar));
                    if (name is null) name = scalar.Value;
                    else
                    {
                        pairs?.Add(KeyValuePair.Create(name, Value(scalar)));
                        name = null;
                    }

                    Count();
                    break;
                case StreamStart or StreamEnd or DocumentEnd or Comment:
                    break;
                case DocumentStart when documents++ == 0:
                    break;
                case MappingStart when !inside && documents == 1:
                    inside = true;
                    break;
                case MappingEnd when inside:
                    inside = false;
                    documents++;
                    break;
                case Scalar scalar when inside && key is null:
                    key = scalar.Value;
                    Count();
                    break;
                case Scalar scalar when inside:
                    entries.Add(new FlatEntry(key!, [Value(scalar)], false, at));
                    key = null;
                    break;
                case Scalar { Value: "" } when !inside && entries.Count == 0:
                    break;
                case AnchorAlias:
                    throw new InvalidInputException($"{path}, line {at}: refers to another value (*name); write the value itself.");
                case MappingStart or SequenceStart when inside:
                    throw new InvalidInputException($"{path}, line {at}: a key is not a word.");
                default:
                    throw new InvalidInputException($"{path}: expected one mapping of options, such as 'items: 64'.");
            }
        }

        return entries;

        void Count()
        {
            if (++count > MostValues) throw new InvalidInputException($"{path}: has more than {MostValues} keys and values of lists.");
        }
    }

    /// <summary>A word; null where it stands for no value.</summary>
    private static string? Value(Scalar scalar) => scalar is { Style: ScalarStyle.Plain, Value: "" or "~" or "null" or "Null" or "NULL" } ? null : scalar.Value;
}
