using Assay.Models.Kernels;

namespace Assay.Tests.Models.Kernels;

public sealed class WorkTeamTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void Every_task_runs_once_and_before_the_call_returns(int threads)
    {
        using var team = new WorkTeam(threads);
        foreach (var tasks in (int[])[0, 1, 2, 7, 1000])
        {
            for (var round = 0; round < 50; round++)
            {
                var runs = new int[tasks];
                team.Run(tasks, (task, worker) =>
                {
                    Assert.InRange(worker, 0, threads - 1);
                    Interlocked.Increment(ref runs[task]);
                });
                Assert.All(runs, r => Assert.Equal(1, r));
            }
        }
    }

    [Fact]
    public void The_first_failure_is_thrown_and_the_team_goes_on()
    {
        using var team = new WorkTeam(3);
        Assert.Throws<InvalidOperationException>(() => team.Run(100, (task, _) =>
        {
            if (task == 40) throw new InvalidOperationException();
        }));
        var sum = 0;
        team.Run(100, (task, _) => Interlocked.Add(ref sum, task));
        Assert.Equal(4950, sum);
    }

    [Fact]
    public void Scratch_is_a_workers_own()
    {
        using var team = new WorkTeam(4);
        var clashes = 0;
        team.Run(400, (task, worker) =>
        {
            unsafe
            {
                var scratch = team.Scratch(worker, 64);
                for (var i = 0; i < 64; i++) scratch[i] = task;
                Thread.SpinWait(200);
                for (var i = 0; i < 64; i++)
                    if (scratch[i] != task) Interlocked.Increment(ref clashes);
            }
        });
        Assert.Equal(0, clashes);
    }

    /// <summary>Processor time of the members' own threads, which other work on the machine does not touch.</summary>
    [Fact]
    public void Idle_members_sleep()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Reads the threads' times in /proc.");
        const int threads = 4;
        using var team = new WorkTeam(threads);
        using var all = new Barrier(threads);
        var links = new System.Collections.Concurrent.ConcurrentDictionary<int, string>();
        team.Run(threads, (_, worker) =>
        {
            links[worker] = new FileInfo("/proc/thread-self").LinkTarget!;
            all.SignalAndWait();
        });
        Thread.Sleep(300);
        var before = Ticks();
        Thread.Sleep(300);
        Assert.InRange(Ticks() - before, 0, 3);

        // User and system time in hundredths of a second, without the caller's own thread; the name before them may hold blanks.
        long Ticks() => links.Where(l => l.Key != 0).Sum(l =>
        {
            var stat = File.ReadAllText($"/proc/{l.Value}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return long.Parse(fields[11], System.Globalization.CultureInfo.InvariantCulture) + long.Parse(fields[12], System.Globalization.CultureInfo.InvariantCulture);
        });
    }
}
