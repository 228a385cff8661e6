using System.Diagnostics;
using Assay.Reports;
using Spectre.Console;

namespace Assay.Cli;

/// <summary>How far a long command has come: a live bar on a terminal, a line every few seconds elsewhere, nothing when quiet.</summary>
/// <remarks>Speed is measured over the whole run and the remaining time follows from finished steps. All of it goes to standard error.</remarks>
internal static class StepProgress
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    /// <summary>Runs work that reports its progress; steps are items and documents.</summary>
    public static T Run<T>(Terminal terminal, bool quiet, Func<IProgress<Step>, T> work)
    {
        if (quiet) return work(new Told(_ => { }));
        var watch = Stopwatch.StartNew();
        if (!terminal.Live)
        {
            var next = TimeSpan.Zero;
            return work(new Told(step =>
            {
                if (watch.Elapsed < next && step.Done < step.Total) return;
                next = watch.Elapsed + Pause;
                terminal.Error.WriteLine(Line(step, watch.Elapsed));
            }));
        }

        return terminal.Log.Progress().AutoClear(true)
            .Columns(new SpinnerColumn(), new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn())
            .Start(context =>
            {
                var bar = context.AddTask("starting");
                return work(new Told(step =>
                {
                    bar.MaxValue = Math.Max(1, step.Total);
                    bar.Value = step.Done;
                    bar.Description = Markup.Escape(Line(step, watch.Elapsed));
                }));
            });
    }

    /// <summary>One line: stage, steps, tokens a second, time left.</summary>
    internal static string Line(Step step, TimeSpan elapsed)
    {
        var line = $"{UntrustedText.Visible(step.Stage)} {step.Done}/{step.Total}";
        if (step.Tokens > 0 && elapsed > TimeSpan.Zero) line += FormattableString.Invariant($", {step.Tokens / elapsed.TotalSeconds:0} tokens/s");
        // What a journal restored took no time now, and says nothing of the time that the rest takes.
        var own = step.Done - step.Restored;
        if (own > 0 && step.Done < step.Total) line += ", about " + Duration(elapsed * ((double)(step.Total - step.Done) / own)) + " left";
        return line;
    }

    private static string Duration(TimeSpan time) =>
        time.TotalHours >= 1 ? $"{(int)time.TotalHours} h {time.Minutes} min" : time.TotalMinutes >= 1 ? $"{time.Minutes} min {time.Seconds} s" : $"{Math.Max(1, time.Seconds)} s";

    /// <summary>Where the work stands.</summary>
    /// <param name="Stage">What is being done.</param>
    /// <param name="Done">Steps finished.</param>
    /// <param name="Total">Steps in all.</param>
    /// <param name="Tokens">Tokens forwarded or generated so far.</param>
    /// <param name="Restored">Those of the finished steps that were not done in this run.</param>
    internal readonly record struct Step(string Stage, int Done, int Total, long Tokens, int Restored = 0);

    // Progress<T> posts to the thread pool, so that lines could come out of order.
    private sealed class Told(Action<Step> action) : IProgress<Step>
    {
        private readonly Lock _lock = new();

        public void Report(Step value)
        {
            lock (_lock) action(value);
        }
    }
}
