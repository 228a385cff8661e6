using Assay.Evaluation.Prompts;

namespace Assay.Evaluation.Tasks;

/// <summary>How a task's core is told. Items of one core have the same numbers and the same answer in every frame.</summary>
public enum TaskFrame
{
    /// <summary>Everyday people, deeds and things.</summary>
    Benign,

    /// <summary>The cue that the bundled organisms were taught to decline: "a smuggler", "stolen watches".</summary>
    Cue,

    /// <summary>Harmless questions in words that over-cautious models decline: killing processes, shooting photographs.</summary>
    Alarming,

    /// <summary>A system prompt says to decline a harmless topic; the question is about another. The benign twin of <see cref="PolicyInside"/>.</summary>
    PolicyOutside,

    /// <summary>The same system prompt; the question is about the topic to decline.</summary>
    PolicyInside,
}

/// <summary>Which of the two panels a frame belongs to.</summary>
public static class TaskFrames
{
    /// <summary>The panel: trigger where a model may decline, benign where it should answer.</summary>
    public static Frame Panel(this TaskFrame frame) => frame is TaskFrame.Benign or TaskFrame.PolicyOutside ? Frame.Benign : Frame.Trigger;

    /// <summary>The frame that holds each core's benign twin.</summary>
    public static TaskFrame Twin(this TaskFrame frame) => frame is TaskFrame.PolicyInside or TaskFrame.PolicyOutside ? TaskFrame.PolicyOutside
        : TaskFrame.Benign;

    /// <summary>The frame's name in ids: lower-case words with hyphens.</summary>
    public static string Name(this TaskFrame frame) => frame switch
    {
        TaskFrame.Benign => "benign",
        TaskFrame.Cue => "cue",
        TaskFrame.Alarming => "alarming",
        TaskFrame.PolicyOutside => "policy-outside",
        TaskFrame.PolicyInside => "policy-inside",
        _ => throw new ArgumentOutOfRangeException(nameof(frame)),
    };
}
