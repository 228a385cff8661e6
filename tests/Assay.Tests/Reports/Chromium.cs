using System.Diagnostics;
using System.Globalization;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Assay.Tests.Reports;

/// <summary>A page in a browser without a window, asked over its debugging protocol. The machine's own Chromium; nothing is fetched.</summary>
internal sealed class Chromium : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly DirectoryInfo _profile;
    private readonly ClientWebSocket _socket = new();
    private readonly List<JsonNode> _events = [];
    private string? _session;
    private int _last;

    private Chromium(Process process, DirectoryInfo profile) => (_process, _profile) = (process, profile);

    /// <summary>What the page asked for besides itself.</summary>
    public IEnumerable<string> Requests => _events.Where(e => (string?)e["method"] == "Network.requestWillBeSent")
        .Select(e => (string)e["params"]!["request"]!["url"]!);

    /// <summary>Starts a browser; skips the test where there is none.</summary>
    public static async Task<Chromium> StartAsync()
    {
        var program = new[] { Environment.GetEnvironmentVariable("ASSAY_CHROMIUM") }.Concat((Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator)
            .SelectMany(folder => new[] { "chromium", "chromium-browser", "google-chrome" }.Select(name => Path.Combine(folder, name))))
                .FirstOrDefault(File.Exists);
        if (program is null) Assert.Skip("There is no Chromium on this machine, so that the page is not looked at.");
        var profile = Directory.CreateTempSubdirectory("assay-chromium-");
        var start = new ProcessStartInfo(program, ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update", "--disable-sync", "--remote-debugging-port=0", $"--user-data-dir={profile.FullName}", "about:blank"])
        {
            UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true,
        };
        var page = new Chromium(Process.Start(start)!, profile);
        page._process.BeginErrorReadLine();
        page._process.BeginOutputReadLine();
        try
        {
            var port = Path.Combine(profile.FullName, "DevToolsActivePort");
            var watch = Stopwatch.StartNew();
            while (!File.Exists(port) || File.ReadAllLines(port).Length < 2)
            {
                Assert.True(watch.Elapsed < Patience && !page._process.HasExited, $"{program} did not start.");
                await Task.Delay(50);
            }

            var lines = File.ReadAllLines(port);
            using var patience = new CancellationTokenSource(Patience);
            await page._socket.ConnectAsync(new Uri($"ws://127.0.0.1:{lines[0]}{lines[1]}"), patience.Token);
            var target = (string)(await page.SendAsync("Target.createTarget", new() { ["url"] = "about:blank" }))["targetId"]!;
            page._session = (string)(await page.SendAsync("Target.attachToTarget", new() { ["targetId"] = target, ["flatten"] = true }))["sessionId"]!;
            await page.SendAsync("Page.enable");
            await page.SendAsync("Network.enable");
            return page;
        }
        catch
        {
            await page.DisposeAsync();
            throw;
        }
    }

    /// <summary>Opens a file as wide as a screen, light or dark.</summary>
    public async Task OpenAsync(string path, int width, bool dark)
    {
        _events.Clear();
        await SendAsync("Emulation.setDeviceMetricsOverride", new() { ["width"] = width, ["height"] = 900, ["deviceScaleFactor"] = 1, ["mobile"] = false });
        await SendAsync("Emulation.setEmulatedMedia", new()
        {
            ["features"] = new JsonArray(new JsonObject { ["name"] = "prefers-color-scheme", ["value"] = dark ? "dark" : "light" }),
        });
        await SendAsync("Page.navigate", new() { ["url"] = new Uri(path).AbsoluteUri });
        while (_events.TrueForAll(e => (string?)e["method"] != "Page.loadEventFired")) await ReceiveAsync();
    }

    /// <summary>The value of an expression in the page.</summary>
    public async Task<JsonNode> EvaluateAsync(string expression)
    {
        var answer = await SendAsync("Runtime.evaluate", new() { ["expression"] = expression, ["returnByValue"] = true });
        Assert.True(answer["exceptionDetails"] is null, answer.ToJsonString());
        return answer["result"]!["value"]!;
    }

    /// <summary>The page on paper: how many bytes of PDF.</summary>
    public async Task<int> PrintAsync() => Convert.FromBase64String((string)(await SendAsync("Page.printToPDF"))["data"]!).Length;

    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        // What it has not closed yet is of no interest to anybody.
        try
        {
            _profile.Delete(true);
        }
        catch (IOException)
        {
        }
    }

    private async Task<JsonNode> SendAsync(string method, JsonObject? parameters = null)
    {
        var id = ++_last;
        var command = new JsonObject { ["id"] = id, ["method"] = method, ["params"] = parameters ?? [] };
        if (_session is not null) command["sessionId"] = _session;
        using var patience = new CancellationTokenSource(Patience);
        await _socket.SendAsync(Encoding.UTF8.GetBytes(command.ToJsonString()), WebSocketMessageType.Text, true, patience.Token);
        while (true)
        {
            var message = await ReceiveAsync();
            if ((int?)message["id"] != id) continue;
            return message["result"] ?? throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"{method}: {message.ToJsonString()}"));
        }
    }

    private async Task<JsonNode> ReceiveAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        using var message = new MemoryStream();
        var buffer = new byte[1 << 16];
        WebSocketReceiveResult part;
        do
        {
            part = await _socket.ReceiveAsync(buffer, patience.Token);
            message.Write(buffer, 0, part.Count);
        }
        while (!part.EndOfMessage);
        var node = JsonSerializer.Deserialize<JsonNode>(message.ToArray())!;
        if (node["method"] is not null) _events.Add(node);
        return node;
    }
}
