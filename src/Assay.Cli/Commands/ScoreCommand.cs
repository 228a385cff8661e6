using System.CommandLine;
using System.Text;
using Assay.Checkpoints;
using Assay.Evaluation.Metrics;
using Assay.Evaluation.Scoring;
using Assay.Models;
using Assay.Reports;

namespace Assay.Cli.Commands;

/// <summary><c>assay score MODEL --text FILE|FOLDER</c>: NLL, perplexity, bits per byte.</summary>
internal static class ScoreCommand
{
    private static readonly UTF8Encoding StrictUtf8 = new(false, true);

    public static Command Create(Terminal terminal)
    {
        var model = new Argument<string>("model") { Description = $"The model: {SharedOptions.ModelKinds}.", HelpName = "MODEL" };
        var text = new Option<string>("--text") { Description = "A UTF-8 text file, or a folder of them; documents are scored apart.", HelpName = "FILE|FOLDER", Required = true };
        var context = SharedOptions.Count("--context", "Window in tokens (default: the smaller of 512 and the model's maximum).", least: 2);
        var (limit, threads, memory) = (SharedOptions.Limit(), SharedOptions.Threads(), SharedOptions.Memory());
        var (json, quiet, verbose, allowLong) = (SharedOptions.Json(), SharedOptions.Quiet(), SharedOptions.Verbose(), SharedOptions.AllowLong());
        var command = new Command("score", "Negative log-likelihood, perplexity and bits per byte of a text.") { model, text, context, limit, threads, memory, json, quiet, verbose, allowLong };
        command.SetAction((parsed, cancellation) => Task.FromResult(Run(new ScoreOptions
        {
            Model = parsed.GetRequiredValue(model), Text = parsed.GetRequiredValue(text), Context = parsed.GetValue(context), Limit = parsed.GetValue(limit),
            Threads = parsed.GetValue(threads) ?? 0, MemoryBytes = parsed.GetValue(memory) ?? 0,
            Json = parsed.GetValue(json), Quiet = parsed.GetValue(quiet), AllowLong = parsed.GetValue(allowLong),
        }, terminal, cancellation)));
        return command;
    }

    private static int Run(ScoreOptions options, Terminal terminal, CancellationToken cancellation)
    {
        using var model = LanguageModel.Open(options.Model, new LanguageModelOptions { Threads = options.Threads, MemoryBytes = options.MemoryBytes, AllowLong = options.AllowLong });
        var tokenizer = model.RequireTokenizer();
        var context = options.Context ?? Math.Min(512, model.Spec.MaxPositions);
        var files = TextFiles.Find(options.Text);
        foreach (var link in files.LeftOut)
            if (!options.Quiet) terminal.Error.WriteLine(UntrustedText.Visible($"{link}: left out, since it leads to a folder that is read already, or to nothing."));
        var documents = files.Paths.Take(options.Limit ?? int.MaxValue).Select(TextFiles.Read).ToList();
        var windows = new List<ScoredText>();
        foreach (var text in documents)
        {
            var ids = tokenizer.Encode(text, addSpecialTokens: false);
            windows.AddRange(ScoreWindows.Plan(ids.Length, context, tokenizer.AddsBos).Select(w => ScoredText.Of(ids, w, tokenizer.BosAdded)));
        }

        var total = windows.Sum(w => w.Tokens.Length - 1);
        var scores = StepProgress.Run(terminal, options.Quiet, told => new TextScorer(model).Score(windows, new Reporter(told, total), cancellation));
        long tokens = scores.Sum(s => (long)s.Length), bytes = documents.Sum(d => (long)StrictUtf8.GetByteCount(d));
        if (tokens == 0) throw new InvalidInputException($"{options.Text}: the text has no token that can be scored.");
        var nll = -scores.Sum(s => s.Sum());
        (string Name, double Value)[] facts =
        [
            ("documents", documents.Count), ("bytes", bytes), ("context", context), ("tokens", tokens), ("nll", nll / tokens), ("nll_sum", nll), ("perplexity", Math.Exp(nll / tokens)),
            ("bits_per_byte", nll / bytes / Math.Log(2)),
        ];
        if (options.Json) terminal.Out.Write(JsonLines.Object(json =>
        {
            foreach (var (name, value) in facts) ReportJson.WriteNumber(json, name, value);
        }));
        else
            foreach (var (name, value) in facts) terminal.Out.WriteLine(FormattableString.Invariant($"{name,-14} {value:G9}"));
        return ExitCodes.Accepted;
    }

    private sealed class Reporter(IProgress<StepProgress.Step> told, int total) : IProgress<long>
    {
        public void Report(long value) => told.Report(new StepProgress.Step("tokens", (int)value, total, value));
    }
}
