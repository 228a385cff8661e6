namespace Assay.Reports.Html;

/// <summary>Answers of both models side by side, worst first; tokens of the base's are shaded by their divergence.</summary>
internal static class AnswerList
{
    // From these divergences on, in nats.
    private static readonly double[] s_steps = [.01, .1, 1, 3];

    public static void Write(HtmlText page, IReadOnlyList<ReportSample> samples)
    {
        if (samples.Count == 0) return;
        page.Element("section", section =>
        {
            section.Element("h2", "Answers that diverge most");
            section.Element("p", key =>
            {
                key.Text("Tokens of the base's answers are shaded by KL(p‖q), in nats:  ");
                for (var i = 0; i < s_steps.Length; i++) key.Element("span", $"from {Chart.Tick(s_steps[i])}", ("class", $"k{i + 1}")).Text("  ");
            }, ("class", "note"));
            foreach (var panel in samples.GroupBy(s => s.Panel, StringComparer.Ordinal))
            {
                section.Element("h3", $"{panel.Key} panel");
                foreach (var sample in panel) section.Element("article", article => Write(article, sample), ("class", "answer"));
            }
        }, ("id", "answers"));
    }

    private static void Write(HtmlText article, ReportSample sample)
    {
        article.Element("h4", $"{sample.Id}: mean {ReportNumber.Text(sample.MeanKl)}, first token {ReportNumber.Text(sample.FirstKl)} nats");
        article.Element("p", sample.Prompt, ("class", "prompt"));
        article.Element("div", pair =>
        {
            pair.Element("div", side =>
            {
                side.Element("h5", "base");
                side.Element("p", text =>
                {
                    if (sample.Tokens.Count == 0) text.Text(sample.Answer);
                    foreach (var (token, kl) in sample.Tokens)
                        if (Step(kl) is > 0 and var step) text.Element("span", token, ("class", $"k{step}"), ("title", $"{ReportNumber.Text(kl)} nats"));
                        else text.Text(token);
                }, ("class", "text"));
            });
            pair.Element("div", side =>
            {
                side.Element("h5", "candidate");
                side.Element("p", sample.CandidateAnswer ?? "not written in this run", ("class", "text"));
            });
        }, ("class", "pair"));
    }

    private static int Step(double kl) => double.IsNaN(kl) ? s_steps.Length : s_steps.Count(s => kl >= s);
}
