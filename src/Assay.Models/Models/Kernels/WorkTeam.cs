using System.Runtime.ExceptionServices;

namespace Assay.Models.Kernels;

/// <summary>A persistent team of threads that share out numbered tasks by an atomic ticket.</summary>
/// <remarks>Tasks write disjoint results and never share a sum, so results do not depend on the number of threads or on who takes which
/// task. Idle threads spin for a moment and then sleep.</remarks>
public sealed unsafe class WorkTeam : IDisposable
{
    private const int SpinsBeforeSleep = 400;
    private readonly Thread[] _threads;
    private readonly FloatBuffer[] _scratch;
    private readonly Lock _callers = new();
    private readonly object _gate = new();
    private volatile Job? _job;
    private volatile bool _stopping;

    /// <summary>Starts a team; the calling thread is one of its members.</summary>
    /// <param name="threads">Members, at least 1.</param>
    public WorkTeam(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        Threads = threads;
        _scratch = new FloatBuffer[threads];
        for (var i = 0; i < threads; i++) _scratch[i] = new FloatBuffer();
        _threads = new Thread[threads - 1];
        for (var i = 0; i < _threads.Length; i++)
        {
            var worker = i + 1;
            _threads[i] = new Thread(() => Work(worker)) { IsBackground = true, Name = $"assay-{worker}" };
            _threads[i].Start();
        }
    }

    /// <summary>Members, the caller included.</summary>
    public int Threads { get; }

    /// <summary>Scratch memory of one member, at least so long; contents are lost between tasks.</summary>
    internal float* Scratch(int worker, long length) => _scratch[worker].Ensure(length);

    /// <summary>Runs <paramref name="body"/>(task, worker) for every task; returns when all are done. Rethrows the first failure.</summary>
    public void Run(int tasks, Action<int, int> body)
    {
        if (tasks <= 0) return;
        lock (_callers)
        {
            var job = new Job(body, tasks);
            if (_threads.Length > 0 && tasks > 1)
            {
                lock (_gate)
                {
                    _job = job;
                    Monitor.PulseAll(_gate);
                }
            }

            job.Help(0);
            var spin = default(SpinWait);
            while (!job.Finished) spin.SpinOnce(sleep1Threshold: -1);
            job.Failure?.Throw();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _stopping = true;
            Monitor.PulseAll(_gate);
        }

        foreach (var thread in _threads) thread.Join();
        foreach (var buffer in _scratch) buffer.Dispose();
    }

    private void Work(int worker)
    {
        Job? last = null;
        while (true)
        {
            for (var spins = 0; ReferenceEquals(_job, last) && !_stopping && spins < SpinsBeforeSleep; spins++) Thread.SpinWait(20);
            lock (_gate)
            {
                while (ReferenceEquals(_job, last) && !_stopping) Monitor.Wait(_gate);
                last = _job;
            }

            if (_stopping) return;
            last?.Help(worker);
        }
    }

    private sealed class Job(Action<int, int> body, int tasks)
    {
        private int _next;
        private int _done;

        public ExceptionDispatchInfo? Failure { get; private set; }

        public bool Finished => Volatile.Read(ref _done) == tasks;

        // A late member of an old job draws a ticket beyond its tasks and leaves.
        public void Help(int worker)
        {
            var done = 0;
            while (true)
            {
                var task = Interlocked.Increment(ref _next) - 1;
                if (task >= tasks) break;
                try
                {
                    if (Failure is null) body(task, worker);
                }
                catch (Exception failure)
                {
                    Failure = ExceptionDispatchInfo.Capture(failure);
                }

                done++;
            }

            // Once for all: a count of each task would make the threads wait for each other's cache line.
            if (done > 0) Interlocked.Add(ref _done, done);
        }
    }
}
