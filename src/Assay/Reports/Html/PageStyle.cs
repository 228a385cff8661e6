using System.Security.Cryptography;
using System.Text;

namespace Assay.Reports.Html;

/// <summary>How the page looks: light and dark, on a screen, a telephone and paper.</summary>
internal static class PageStyle
{
    public const string Sheet = """
        :root{color-scheme:light dark;--back:#fff;--text:#1b1c1e;--mute:#54585e;--line:#d4d7dc;--panel:#f5f6f8;--first:#0b5cad;--second:#a34700;
        --good:#1e6b43;--bad:#b3261e;--open:#6b5300;
        --k1:#fff3cd;--k2:#ffdcae;--k3:#ffc1b0;--k4:#ffa3a3;--h0:#eceef1;--h1:#cfe0f2;--h2:#9cc1e4;--h3:#5c97cf;--h4:#2467a8;--h5:#0a3664;
        --floor:#e6e8ec}
        @media screen and (prefers-color-scheme:dark){:root{--back:#15171b;--text:#e9eaec;--mute:#b3b8bf;--line:#3a3f47;--panel:#1e2127;--first:#7db7f5;
        --second:#ffab70;--good:#7fd1a3;--bad:#ff9d94;--open:#e8c860;
        --k1:#3b3410;--k2:#573a12;--k3:#6a2c1c;--k4:#7e202c;--h0:#262a31;--h1:#1d3a58;--h2:#24598c;--h3:#3a82c4;--h4:#77b3ec;--h5:#cfe5fb;
        --floor:#2a2e35}}
        *{box-sizing:border-box}html{-webkit-text-size-adjust:100%}
        body{margin:0;background:var(--back);color:var(--text);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;
        overflow-wrap:anywhere}
        main{max-width:1180px;margin:0 auto;padding:24px 20px 64px}h1{font-size:1.5rem;line-height:1.25;margin:.2em 0}h2{font-size:1.2rem;
        margin:2em 0 .5em}h3{font-size:1.05rem;margin:1.4em 0 .4em}
        h4,h5{font-size:.95rem;margin:.6em 0 .2em}h5{color:var(--mute);font-weight:600}
        code,pre,.text,.prompt{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:.9rem}
        pre,.text,.prompt{white-space:pre-wrap;margin:.3em 0}.note{color:var(--mute);font-size:.9rem;margin:.3em 0 .8em}
        header{border-left:8px solid var(--open);background:var(--panel);padding:14px 18px}header.passed{border-color:var(--good)}
        header.failed{border-color:var(--bad)}
        .name{font-weight:700;letter-spacing:.02em;font-size:1.9rem;line-height:1.2;margin:0}.passed .name{color:var(--good)}
        .failed .name{color:var(--bad)}.unsettled .name{color:var(--open)}
        .sentence{font-size:1.05rem;margin:.5em 0 0}.stamp{display:inline-block;border:2px solid var(--bad);color:var(--bad);padding:2px 10px;
        font-weight:700;margin:.6em 0 0}
        table{border-collapse:collapse;width:100%;font-size:.92rem}th,td{text-align:left;vertical-align:top;padding:5px 10px 5px 0;
        border-bottom:1px solid var(--line)}thead th{color:var(--mute);font-weight:600}
        tbody th{font-weight:500}.drawing svg{width:220px;max-width:100%;height:auto;display:block}table.harms .drawing{min-width:232px}
        table.harms .outcome,table.harms [data-name=n],table.harms thead th{overflow-wrap:normal;white-space:nowrap}
        table.harms .outcome{min-width:6em}table.harms .why{white-space:normal}.outcome{font-weight:600}.state-shown .outcome{color:var(--bad)}
        .state-excluded .outcome{color:var(--good)}.state-open .outcome{color:var(--open)}
        .charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,440px),1fr));gap:18px 40px}.chart{margin:0;min-width:0}
        .chart svg{width:100%;max-width:560px;height:auto;display:block}figcaption{font-weight:600;margin-bottom:4px}
        svg text{fill:var(--text);font-size:11px;font-family:inherit}svg text.small{font-size:10px;fill:var(--mute)}svg text.inside{fill:#fff;
        font-weight:600}
        .grid{stroke:var(--line);stroke-width:1}.axis{stroke:var(--mute);stroke-width:1}.rung{stroke:var(--mute);stroke-width:1;stroke-dasharray:4 4}
        .margin{stroke:var(--text);stroke-width:2}
        .curve{fill:none;stroke-width:2}path.first,line.first{stroke:var(--first)}path.second,line.second{stroke:var(--second)}
        circle.first{fill:var(--first)}circle.second{fill:var(--second)}
        .region{fill:var(--first);fill-opacity:.14;stroke:var(--first)}.interval{stroke-width:2}.floor{fill:var(--floor)}.won{fill:var(--first)}
        .lost{fill:var(--second)}
        .bar{stroke-width:3}line.shown{stroke:var(--bad)}line.open{stroke:var(--open)}line.excluded{stroke:var(--good)}line.none{stroke:var(--mute)}
        .dot.shown{fill:var(--bad)}.dot.open{fill:var(--open)}.dot.excluded{fill:var(--good)}.dot.none{fill:var(--mute)}
        .part1{fill:#0b5cad;background:#0b5cad}.part2{fill:#a34700;background:#a34700}.part3{fill:#2d6a4f;background:#2d6a4f}.part4{fill:#5c5f66;
        background:#5c5f66}
        .heat0{fill:var(--h0);background:var(--h0)}.heat1{fill:var(--h1);background:var(--h1)}.heat2{fill:var(--h2);background:var(--h2)}
        .heat3{fill:var(--h3);background:var(--h3)}.heat4{fill:var(--h4);background:var(--h4)}.heat5{fill:var(--h5);background:var(--h5)}
        .key{display:inline-block;width:12px;height:12px;border:1px solid var(--line);vertical-align:-1px}.key.first{background:var(--first)}
        .key.second{background:var(--second)}
        .k1,.k2,.k3,.k4{color:var(--text)}.k1{background:var(--k1)}.k2{background:var(--k2)}.k3{background:var(--k3)}.k4{background:var(--k4)}
        .answer{border:1px solid var(--line);padding:8px 14px;margin:0 0 12px;break-inside:avoid}.pair{display:grid;grid-template-columns:1fr 1fr;
        gap:0 24px}.pair>div{min-width:0}
        .findings li{margin:.35em 0}.harm b{color:var(--bad)}.warning b{color:var(--open)}.scroll{overflow-x:auto}
        .scroll:focus-visible,summary:focus-visible{outline:3px solid var(--first)}
        dl{display:grid;grid-template-columns:minmax(9em,max-content) 1fr;gap:2px 16px;font-size:.92rem}dt{color:var(--mute)}dd{margin:0}
        summary{cursor:pointer;font-weight:600}
        @media(max-width:760px){main{padding:12px 12px 40px}.name{font-size:1.5rem}.pair{grid-template-columns:1fr}dl{grid-template-columns:1fr}
        dd{margin:0 0 6px}
        table.harms thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}table.harms tr{display:block;
        border-bottom:1px solid var(--line);padding:6px 0}table.harms th,table.harms td{display:block;border:0;padding:1px 0}
        table.harms .drawing{min-width:0}
        table.harms td[data-name]::before{content:attr(data-name) ": ";color:var(--mute)}}
        @media print{:root{color-scheme:light}body{font-size:11pt;print-color-adjust:exact;
        -webkit-print-color-adjust:exact}main{max-width:none;padding:0}
        .chart,tr,.answer,header{break-inside:avoid}h2,h3{break-after:avoid}.scroll{overflow:visible}}
        """;

    /// <summary>What a content-security policy calls this sheet, so that no other one is let in.</summary>
    public static string Hash { get; } = "'sha256-" + Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Sheet))) + "'";
}
