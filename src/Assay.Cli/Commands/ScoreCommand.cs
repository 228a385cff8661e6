using System.CommandLine;
using System.Text;
using Assay.Checkpoints;
using Assay.Cli.Options;
using Assay.Evaluation.Contexts;
using Assay.Evaluation.Scoring;
using Assay.Models;
using Assay.Reports;
using Assay.Runs;

namespace Assay.Cli.Commands;

/// <summary><c>assay score MODEL --text FILE|FOLDER</c>: NLL, perplexity, bits per byte.</summary>
internal static class ScoreCommand
{
    /// <summary>Rows of a group of windows: enough that reading the weights costs little beside using them, few enough that the residual streams of a 7B model
    /// take 2 GiB of scratch.</summary>
    private const int RowsTogether = 1 << 16;

    private static readonly UTF8Encoding StrictUtf8 = new(false, true);

    public static Command Create(Terminal terminal)
    {
        var model = SharedOptions.Model();
        var text = new KindOption<string>("--text", OptionKind.Path, "A UTF-8 text file, or a folder of them; documents are scored apart.", "FILE|FOLDER")
            { Required = true };
        var context = SharedOptions.Count("--context", "Window in tokens (default: the smaller of 512 and the model's maximum).", least: 2,
            most: OptionKind.MostTokens);
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
        if (context < 2) throw new InvalidInputException(
            $"{options.Model}: max_position_embeddings is {model.Spec.MaxPositions}; scoring needs a context of 2 tokens, one to read and one to predict.");
        var files = TextFiles.Find(options.Text);
        foreach (var link in files.LeftOut)
            if (!options.Quiet) terminal.WriteLog(UntrustedText.Visible($"{link}: left out, since it leads to a folder that is read already, or to nothing."));
        var bytes = 0L;
        List<int[]> documents = [];
        foreach (var text in files.Paths.Take(options.Limit ?? int.MaxValue).Select(TextFiles.Read))
        {
            documents.Add(tokenizer.Encode(text, addSpecialTokens: false, model.MemoryBytes, cancellation));
            bytes += StrictUtf8.GetByteCount(text);
        }

        var (sum, tokens) = StepProgress.Run(terminal, options.Quiet, told => Score(model, documents, context, told, cancellation));
        if (tokens == 0) throw new InvalidInputException($"{options.Text}: the text has no token that can be scored.");
        var nll = -sum;
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

    /// <summary>Sum of the log-probabilities, and how many they are. Windows are scored a group at a time, so that memory does not grow with the text; no
    /// result depends on the groups.</summary>
    private static (double Sum, long Tokens) Score(LanguageModel model, List<int[]> documents, int context, IProgress<StepProgress.Step> told,
        CancellationToken cancellation)
    {
        var tokenizer = model.RequireTokenizer();
        var plans = documents.ConvertAll(ids => ScoreWindows.Plan(ids.Length, context, tokenizer.AddsBos));
        var total = plans.Sum(plan => plan.Sum(w => w.Forwarded - 1L));
        var (sum, tokens, done, rows) = (0.0, 0L, 0L, 0);
        List<ScoredText> group = [];
        List<(int Document, int Start)> places = [];
        var scorer = new TextScorer(model);
        for (var d = 0; d < documents.Count; d++)
        {
            foreach (var window in plans[d])
            {
                group.Add(ScoredText.Of(documents[d], window, tokenizer.BosAdded));
                places.Add((d, window.Start + (window.OpensWithBos ? 0 : 1)));
                rows += window.Forwarded;
                if (rows >= RowsTogether) Flush();
            }
        }

        Flush();
        return (sum, tokens);

        void Flush()
        {
            var scores = scorer.Score(group, new Reporter(told, done, total), cancellation);
            for (var i = 0; i < scores.Count; i++)
            {
                RequireFinite(scores[i], places[i].Document, places[i].Start);
                sum += scores[i].Sum();
                tokens += scores[i].Length;
            }

            done += group.Sum(w => w.Tokens.Length - 1L);
            rows = 0;
            group.Clear();
            places.Clear();
        }
    }

    /// <summary>A mean over values of which one is no number is no number; it would read as a measurement.</summary>
    private static void RequireFinite(double[] scores, int document, int start)
    {
        var at = Array.FindIndex(scores, s => !double.IsFinite(s));
        if (at < 0) return;
        throw new InvalidInputException(FormattableString.Invariant(
            $"The model gives token {start + at + 1} of document {document + 1} the log-probability {scores[at]}: its logits are no numbers, or infinite. The weights are broken; 'assay inspect' and 'assay diff' with the base tell which."));
    }

    private sealed class Reporter(IProgress<StepProgress.Step> told, long before, long total) : IProgress<long>
    {
        public void Report(long value) => told.Report(new StepProgress.Step("tokens", (int)Math.Min(before + value, int.MaxValue),
            (int)Math.Min(total, int.MaxValue), before + value));
    }
}
