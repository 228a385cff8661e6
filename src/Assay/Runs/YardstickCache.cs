using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Assay.Checkpoints;
using Assay.Evaluation.Measures;
using Assay.Evaluation.Vetting;

namespace Assay.Runs;

/// <summary>Scores of yardsticks, kept for other runs: they depend on the base and on what is read, not on the candidate.</summary>
/// <remarks>protocol.md, Anti-gaming: cached by base and by the contexts' hash. One file for each item, set and yardstick, named by the hash of all that
/// decides its bytes and written in one step, so that several processes may share a folder. A file that is damaged is computed again. What is taken from here
/// is, byte for byte, what would have been computed.</remarks>
public sealed class YardstickCache
{
    private const long MostBytes = 1L << 31;
    private readonly string _folder;
    private readonly string _base;
    private readonly Action<string> _note;
    private bool _broken;

    /// <summary>The cache of a plan's base.</summary>
    /// <param name="folder">Where the files lie; made when the first is written.</param>
    /// <param name="plan">The plan: its base and its seed, which yardsticks of random numbers are drawn by.</param>
    /// <param name="note">Told once where the folder cannot be written.</param>
    public YardstickCache(string folder, VetPlan plan, Action<string> note)
    {
        ArgumentNullException.ThrowIfNull(plan);
        (_folder, _note) = (folder, note);
        _base = string.Create(CultureInfo.InvariantCulture,
            $"{plan.Base.Weights.Value}\n{plan.Base.Packaging.Tokenizer}\n{plan.Seed}\n{RunIdentity.Machine}\n");
    }

    /// <summary>The scores of an item; null where they are not kept.</summary>
    /// <param name="need">Set, yardstick and columns.</param>
    /// <param name="contexts">Payload of the item's contexts.</param>
    public byte[]? Find(SetNeed need, byte[] contexts)
    {
        var path = PathOf(need, contexts);
        if (!File.Exists(path)) return null;
        try
        {
            var bytes = RegularFile.ReadAllBytes(path, MostBytes, "scores of a yardstick");
            if (bytes.Length < SHA256.HashSizeInBytes) return null;
            var payload = bytes[SHA256.HashSizeInBytes..];
            return SHA256.HashData(payload).AsSpan().SequenceEqual(bytes.AsSpan(0, SHA256.HashSizeInBytes)) ? payload : null;
        }
        catch (InvalidInputException)
        {
            return null;
        }
    }

    /// <summary>Keeps the scores of an item.</summary>
    /// <param name="need">Set, yardstick and columns.</param>
    /// <param name="contexts">Payload of the item's contexts.</param>
    /// <param name="scores">Payload of its scores.</param>
    public void Add(SetNeed need, byte[] contexts, byte[] scores)
    {
        if (_broken) return;
        var path = PathOf(need, contexts);
        var beside = $"{path}.{Guid.NewGuid():N}";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            using (var file = File.Create(beside))
            {
                file.Write(SHA256.HashData(scores));
                file.Write(scores);
            }

            File.Move(beside, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The run goes on without it.
            _broken = true;
            _note($"{_folder}: scores of yardsticks cannot be kept for other runs: {e.Message}");
            try
            {
                File.Delete(beside);
            }
            catch (Exception left) when (left is IOException or UnauthorizedAccessException)
            {
                // Nothing reads a file of such a name.
            }
        }
    }

    private string PathOf(SetNeed need, byte[] contexts)
    {
        var text = string.Create(CultureInfo.InvariantCulture,
            $"{_base}{need.Set.Subject}\n{(int)need.Columns}\n{need.Temperatures}\n{Convert.ToHexStringLower(SHA256.HashData(contexts))}\n");
        var name = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
        return Path.Combine(_folder, name[..2], name + ".bin");
    }
}
