using System.CommandLine;
using Assay.Cli.Options;
using Assay.Evaluation.Measures;
using Assay.Evaluation.Prompts;
using Assay.Evaluation.Yardsticks;
using Assay.Models.Architectures;
using Assay.Runs;

namespace Assay.Cli.Commands;

/// <summary><c>assay ls KIND</c>: what there is.</summary>
internal static class LsCommand
{
    private static readonly Dictionary<string, Func<IEnumerable<(string Name, string Text)>>> Kinds = new()
    {
        ["organisms"] = Organisms,
        ["architectures"] = () => ArchitectureTable.All.Select(t => (t.ModelType, $"{t.CausalClass} ({t.Source})"))
            .Concat(MultimodalTable.All.Select(t => (t.ModelType, $"{t.Class} ({t.Source}), its language model: {string.Join(", ", t.TextTypes)}"))),
        ["metrics"] = () => MeasureCatalogue.All.Select(m => (m.Info.Id, $"{m.Info.Title} ({m.Info.Unit}): {m.Info.Formula}. {m.Info.Source}.")),
        ["yardsticks"] = () => Enumerable.Empty<Yardstick>().Append(YardstickCatalogue.Floor).Concat(YardstickCatalogue.Ladder).Concat(YardstickCatalogue.Noise(0))
            .Concat(YardstickCatalogue.Directions(1, 0)).Select(y => (y.Id, $"{y.Title}: {y.Description}")),
        ["domains"] = () => ProseDomains.Names.Select(n => (n, "prose")),
    };

    public static Command Create(Terminal terminal)
    {
        var kind = new KindArgument<string>("kind", OptionKind.Choice([.. Kinds.Keys]), "One of " + string.Join(", ", Kinds.Keys) + ".");
        var command = new Command("ls", "What there is: " + string.Join(", ", Kinds.Keys) + ".") { kind };
        command.SetAction((parsed, _) =>
        {
            foreach (var (name, text) in Kinds[parsed.GetRequiredValue(kind)]()) terminal.WriteUntrusted($"{name,-24} {text}".TrimEnd());
            return Task.FromResult(ExitCodes.Accepted);
        });
        return command;
    }

    private static IEnumerable<(string Name, string Text)> Organisms()
    {
        var root = Path.Combine(AppContext.BaseDirectory, "organisms");
        if (!Directory.Exists(root)) return [];
        return Directory.GetFiles(root, "config.json", SearchOption.AllDirectories).Select(f => Path.GetDirectoryName(f)!).Order(StringComparer.Ordinal)
            .Select(f => (Path.GetRelativePath(root, f).Replace('\\', '/'), f));
    }
}
