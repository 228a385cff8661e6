using Assay.Reports;

namespace Assay.Tests.Reports;

/// <summary>The page as a browser shows it: wide and narrow, light and dark, on paper.</summary>
public sealed class BrowserTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("assay-page-");

    public void Dispose() => _folder.Delete(true);

    /// <summary>Texts that do not stand out from what is behind them: contrast below 4.5 as WCAG 2 defines it.</summary>
    private const string Faint = """
        (() => {
          const parse = c => { const m = c.match(/[\d.]+/g).map(Number); return m.length < 4 ? [...m, 1] : m; };
          const light = c => {
            const [r, g, b] = c.map(v => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; });
            return .2126 * r + .7152 * g + .0722 * b;
          };
          const behind = e => {
            if (e instanceof SVGElement && e.classList.contains('inside')) {
              const box = e.getBoundingClientRect(), x = box.x + box.width / 2;
              const covers = r => { const b = r.getBoundingClientRect(); return b.left <= x && x <= b.right; };
              const bar = [...e.ownerSVGElement.querySelectorAll('rect')].find(covers);
              if (bar) return parse(getComputedStyle(bar).fill).slice(0, 3);
            }
            for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c[3] > 0) return c.slice(0, 3); }
            return [255, 255, 255];
          };
          const found = [];
          for (const e of document.querySelectorAll('body *')) {
            if (e.closest('title, desc') || ![...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())) continue;
            const style = getComputedStyle(e), front = parse(e instanceof SVGElement ? style.fill : style.color).slice(0, 3);
            const [a, b] = [light(front), light(behind(e))].sort((x, y) => y - x);
            const contrast = (a + .05) / (b + .05);
            if (contrast < 4.5) found.push(`${e.tagName}.${e.getAttribute('class')} "${e.textContent.slice(0, 30)}": ${contrast.toFixed(2)}`);
          }
          return found.join('\n');
        })()
        """;

    /// <summary>What reaches beyond the page, and texts of a drawing that stand on each other or beyond it.</summary>
    private const string Misplaced = """
        (() => {
          const found = [], wide = document.documentElement.clientWidth;
          if (document.documentElement.scrollWidth > wide) found.push(`the page is ${document.documentElement.scrollWidth} wide on ${wide}`);
          for (const e of document.querySelectorAll('body *:not(.scroll *)')) {
            const box = e.getBoundingClientRect();
            if (!e.closest('thead') && box.width > 0 && (box.right > wide + 1 || box.left < -1))
              found.push(`${e.tagName}.${e.getAttribute('class')} reaches from ${box.left} to ${box.right}`);
          }
          for (const svg of document.querySelectorAll('svg')) {
            const whole = svg.getBoundingClientRect(), texts = [...svg.querySelectorAll('text')].map(t => [t.textContent, t.getBoundingClientRect()]);
            texts.forEach(([text, a], i) => {
              if (a.left < whole.left - 1 || a.right > whole.right + 1 || a.top < whole.top - 1 || a.bottom > whole.bottom + 1)
                found.push(`"${text}" lies beyond its drawing`);
              for (const [other, b] of texts.slice(i + 1))
                if (Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 3)
                  found.push(`"${text}" and "${other}" overlap`);
            });
          }
          return found.join('\n');
        })()
        """;

    [Fact]
    public async Task Nothing_overflows_overlaps_or_is_faint_and_nothing_is_fetched()
    {
        await using var browser = await Chromium.StartAsync();
        var path = Write("report.html", ReportHtml.Write(ReportHtmlTests.Full()));
        foreach (var width in new[] { 1280, 390 })
            foreach (var dark in new[] { false, true })
            {
                await browser.OpenAsync(path, width, dark);
                var where = $"{width} px, {(dark ? "dark" : "light")}";
                Assert.Equal((where, ""), (where, (string)(await browser.EvaluateAsync(Misplaced))!));
                Assert.Equal((where, ""), (where, (string)(await browser.EvaluateAsync(Faint))!));
                Assert.All(browser.Requests, url => Assert.Equal(new Uri(path).AbsoluteUri, url));
            }

        Assert.Equal(0, (int)(await browser.EvaluateAsync("document.querySelectorAll('script, img, iframe, object, embed, link').length"))!);
        Assert.True(await browser.PrintAsync() > 10_000);
    }

    /// <summary>The tests above can fail: a page that is wrong in all these ways is found out.</summary>
    [Fact]
    public async Task A_bad_page_is_found_out()
    {
        await using var browser = await Chromium.StartAsync();
        await browser.OpenAsync(Write("bad.html", """
            <!DOCTYPE html><body style="background:#fff"><p style="color:#999">faint</p><div style="width:2000px">wide</div>
            <svg viewBox="0 0 100 40" width="300"><text x="10" y="20">one</text><text x="12" y="20">two</text><text x="95" y="20">beyond</text></svg>
            <img src="missing.png">
            """), 1280, dark: false);
        var (misplaced, faint) = ((string)(await browser.EvaluateAsync(Misplaced))!, (string)(await browser.EvaluateAsync(Faint))!);
        Assert.Contains("the page is", misplaced, StringComparison.Ordinal);
        Assert.Contains("\"one\" and \"two\" overlap", misplaced, StringComparison.Ordinal);
        Assert.Contains("\"beyond\" lies beyond its drawing", misplaced, StringComparison.Ordinal);
        Assert.Contains("\"faint\": 2.8", faint, StringComparison.Ordinal);
        Assert.Contains(browser.Requests, url => url.EndsWith("missing.png", StringComparison.Ordinal));
    }

    private string Write(string name, string html)
    {
        var path = Path.Combine(_folder.FullName, name);
        File.WriteAllText(path, html);
        return path;
    }
}
