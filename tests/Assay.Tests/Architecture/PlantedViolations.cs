#pragma warning disable CA1812, CA1822, CA1823, IDE0051, IDE0044, CA1801, CA1852, CA2201, CA1805 // Planted for the checker to find.

namespace Planted.Reports
{
    internal sealed class PlantedReport : Exception
    {
        public static int Written;
        public static void Write() => Written++;
    }

    [AttributeUsage(AttributeTargets.All)]
    internal sealed class PlantedMarkAttribute : Attribute;
}

namespace Planted.Search
{
    internal class PlantedTrial
    {
        // Allowed: Search may use Checkpoints.
        public object Uses() => new Checkpoints.AllowedReader();
    }
}

namespace Planted.Checkpoints
{
    internal sealed class AllowedReader;

    internal sealed class PlantedReader
    {
        private readonly List<Search.PlantedTrial[]>? _field = null;

        public void Body() => Reports.PlantedReport.Write();

        public Func<object> Lambda() => () => new Search.PlantedTrial();

        public async Task Asynchronous()
        {
            await Task.Yield();
            Reports.PlantedReport.Write();
        }

        public void Parameter(Search.PlantedTrial? trial) => _ = trial is null || _field is null;

        public string Type() => typeof(Dictionary<string, Reports.PlantedReport>).Name;

        public void Generic() => Array.Empty<Search.PlantedTrial>().AsSpan().Clear();

        public void Catch()
        {
            try
            {
                GC.KeepAlive(this);
            }
            catch (Reports.PlantedReport)
            {
                GC.KeepAlive(this);
            }
        }

        [Reports.PlantedMark]
        public void Attributed() => GC.KeepAlive(this);

        public void Constrained<T>() where T : Search.PlantedTrial => GC.KeepAlive(this);
    }
}

namespace Planted.Verdicts
{
    internal sealed class PlantedRule
    {
        public object Body() => new Search.PlantedTrial();
    }
}

namespace Planted.Elsewhere
{
    internal sealed class PlantedStray;
}
