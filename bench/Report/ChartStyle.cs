namespace Bench.Report;

/// <summary>The colours and the text metrics of all charts.</summary>
internal static class ChartStyle
{
    /// <summary>
    /// The style sheet. The transports and file servers of this project have one hue, everything they are compared with is grey; dark mode
    /// follows the reader's setting.
    /// </summary>
    public const string Css = """
        .chart{--paper:#fff;--ink:#1f2328;--muted:#59636e;--rule:#d1d9e0;--worse:#b35900;--o0:#0860c4;--o1:#3f8ae0;--o2:#74aef0;
        --o3:#04407f;--o4:#9cc6f5;
        --g0:#59636e;--g1:#8c959f;--g2:#aeb6be;font:12px system-ui,sans-serif}
        @media(prefers-color-scheme:dark){.chart{--paper:#0d1117;--ink:#e6edf3;--muted:#9198a1;--rule:#30363d;--worse:#f0883e;--o0:#58a6ff;
        --o1:#2f81f7;
        --o2:#1f5fb8;--o3:#a5d0ff;--o4:#18447f;--g0:#9198a1;--g1:#6e7681;--g2:#484f58}}
        .chart .paper{fill:var(--paper)}.chart text{fill:var(--ink)}.chart .title{font-size:15px;font-weight:600}
        .chart .muted{fill:var(--muted)}
        .chart .rule{stroke:var(--rule)}.chart .one{stroke:var(--muted);stroke-dasharray:4 3}.chart polyline{fill:none;stroke-width:2}
        .chart .dash1{stroke-dasharray:6 3}.chart .dash2{stroke-dasharray:2 3}.chart .faint{opacity:.35}.chart .value{font-size:11px}
        .chart .label{paint-order:stroke;stroke:var(--paper);stroke-width:3px}
        .chart .o0{fill:var(--o0);stroke:var(--o0)}.chart .o1{fill:var(--o1);stroke:var(--o1)}.chart .o2{fill:var(--o2);stroke:var(--o2)}
        .chart .o3{fill:var(--o3);stroke:var(--o3)}.chart .o4{fill:var(--o4);stroke:var(--o4)}.chart .g0{fill:var(--g0);stroke:var(--g0)}
        .chart .g1{fill:var(--g1);stroke:var(--g1)}.chart .g2{fill:var(--g2);stroke:var(--g2)}.chart .worse{fill:var(--worse);
        stroke:var(--worse)}
        .chart polyline.o0,.chart polyline.o1,.chart polyline.o2,.chart polyline.o3,.chart polyline.o4,
        .chart polyline.g0,.chart polyline.g1,
        .chart polyline.g2{fill:none}.chart rect{stroke:none}
        """;

    /// <summary>The prefixes of servers that this project's servers are compared with.</summary>
    private static readonly string[] References = ["sockets", "static", "nginx"];

    /// <summary>Returns the CSS class of each server, in the order given.</summary>
    public static IReadOnlyDictionary<string, string> ClassesOf(IEnumerable<string> servers)
    {
        Dictionary<string, string> classes = new Dictionary<string, string>();
        (int own, int other) = (0, 0);
        foreach (string server in servers.Distinct())
        {
            classes[server] = IsOwn(server) ? $"o{own++ % 5}" : $"g{other++ % 3}";
        }

        return classes;
    }

    /// <summary>Whether a server belongs to this project.</summary>
    public static bool IsOwn(string server) => server.Contains("epoll", StringComparison.Ordinal)
        || !References.Any(reference => server.StartsWith(reference, StringComparison.Ordinal));

    /// <summary>Estimates the width of a text in pixels, erring on the wide side.</summary>
    public static double WidthOf(string text, double fontSize = 12) => text.Length * fontSize * 0.56;

    /// <summary>Breaks a text into lines that fit a width.</summary>
    public static IReadOnlyList<string> Wrap(string text, double width, double fontSize)
    {
        List<string> lines = [""];
        foreach (string word in text.Split(' '))
        {
            string longer = $"{lines[^1]} {word}".Trim();
            if (lines[^1].Length > 0 && WidthOf(longer, fontSize) > width)
            {
                lines.Add(word);
            }
            else
            {
                lines[^1] = longer;
            }
        }

        return lines;
    }
}
