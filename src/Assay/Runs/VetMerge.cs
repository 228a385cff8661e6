using System.Text.Json;
using Assay.Checkpoints;
using Assay.Evaluation.Scoring;

namespace Assay.Runs;

/// <summary>Joins the parts of a run, computed by several processes or machines, to the run that one process would have made: the same bytes.</summary>
public static class VetMerge
{
    /// <summary>Joins the parts and finishes the run: statistics, verdict, report.</summary>
    /// <param name="folders">Folders of all parts, in any order.</param>
    /// <param name="output">Folder of the whole run.</param>
    /// <param name="baseModel">Where the base is here; null for where the parts had it.</param>
    /// <param name="candidate">Where the candidate is here; null for where the parts had it.</param>
    /// <param name="fresh">Whether an earlier run in <paramref name="output"/> is thrown away.</param>
    /// <param name="watcher">Told how far it is; null for nobody.</param>
    /// <param name="cancellation">Honoured between parts and within statistics.</param>
    /// <exception cref="InvalidInputException">A part is missing, incomplete, there twice, damaged, or of another run; all problems.</exception>
    public static VetOutcome Run(IReadOnlyList<string> folders, string output, string? baseModel = null, string? candidate = null, bool fresh = false, VetWatcher? watcher = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(folders);
        var parts = Check(folders);
        var (_, first) = parts[0];
        using (var folder = RunFolder.Open(output))
        using (var journal = RunJournal.Open(folder.JournalPath, first.Run, fresh))
        using (var store = ScoreStore.Open(folder.ScoresPath, fresh || journal.Count == 0))
        {
            folder.Begin();
            foreach (var (part, _) in parts)
            {
                cancellation.ThrowIfCancellationRequested();
                Take(part, first.Run, journal, store);
            }
        }

        return Vet.Run(first.Request with { Base = baseModel ?? first.Request.Base, Candidate = candidate ?? first.Request.Candidate, Output = output }, watcher, cancellation);
    }

    private static List<(string Folder, ShardFile File)> Check(IReadOnlyList<string> folders)
    {
        var problems = new PreflightProblems();
        if (folders.Count == 0) problems.Add("No part is named; expected the run folders of all parts.");
        var parts = folders.Select(f => (Folder: f, File: problems.Try(() => ShardFile.Read(f)))).Where(p => p.File is not null).Select(p => (p.Folder, File: p.File!)).ToList();
        problems.ThrowIfAny();
        var first = parts[0].File;
        foreach (var (folder, file) in parts)
        {
            if (file.Run != first.Run)
                problems.Add($"{folder}: a part of another run ({file.Run}) than {parts[0].Folder} ({first.Run}): other models, another plan, another build or another instruction set.");
            else if (file.Shard.Count != first.Shard.Count) problems.Add($"{folder}: part {file.Shard}; {parts[0].Folder} is part {first.Shard}. All parts are of one division.");
            if (!File.Exists(Path.Combine(folder, RunFolder.Sums))) problems.Add($"{folder}: part {file.Shard} is not finished. Run its command again; it goes on where it stopped.");
        }

        foreach (var twice in parts.GroupBy(p => p.File.Shard.Index).Where(g => g.Count() > 1))
            problems.Add($"Part {twice.First().File.Shard} is there {twice.Count()} times: {string.Join(", ", twice.Select(p => p.Folder))}.");
        var lost = Enumerable.Range(1, first.Shard.Count).Except(parts.Select(p => p.File.Shard.Index)).ToList();
        if (lost.Count > 0) problems.Add($"Of {first.Shard.Count} parts {string.Join(", ", lost.Select(i => $"{i}/{first.Shard.Count}"))} {(lost.Count == 1 ? "is" : "are")} missing.");
        problems.ThrowIfAny();
        return [.. parts.OrderBy(p => p.File.Shard.Index)];
    }

    private static void Take(string folder, string run, RunJournal journal, ScoreStore store)
    {
        using var theirs = RunJournal.OpenForReading(Path.Combine(folder, "journal.jsonl"), run);
        using var scores = ScoreStore.OpenForReading(Path.Combine(folder, "scores.bin"));
        foreach (var group in theirs.Keys.Where(k => !journal.TryFind(k, out _)).Chunk(64))
        {
            var blocks = new List<(string Key, byte[] Payload)>();
            foreach (var key in group)
            {
                theirs.TryFind(key, out var entry);
                if (!scores.Contains(key) || JournalEntry.Hash(entry) != scores.Describe(key).Hash)
                    throw new InvalidInputException($"{folder}: the block '{key}' of scores.bin is not the one that the journal names. The part was damaged; compute it again with --fresh.");
                if (!store.Contains(key)) blocks.Add((key, scores.Payload(key)));
            }

            var kept = store.Add(blocks);
            journal.Add([.. kept.Select(b => (b.Key, (Action<Utf8JsonWriter>)(json => JournalEntry.Write(json, b))))]);
        }
    }
}
