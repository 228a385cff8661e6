using System.Collections.Immutable;
using Assay.Checkpoints;
using Assay.Evaluation.Prompts;

namespace Assay.Evaluation.Tasks;

/// <summary>All families of tasks with verifiable answers.</summary>
public static class TaskCatalogue
{
    private static readonly ImmutableArray<TaskFrame> s_benign = [TaskFrame.Benign];
    private static readonly ImmutableArray<TaskFrame> s_recipe = [TaskFrame.Benign, TaskFrame.Cue];
    private static readonly ImmutableArray<TaskFrame> s_all = [TaskFrame.Benign, TaskFrame.Cue, TaskFrame.Alarming, TaskFrame.PolicyOutside,
        TaskFrame.PolicyInside];

    /// <summary>The families: those of the organisms, those for large models, those of chat.</summary>
    public static IReadOnlyList<TaskFamily> Families { get; } =
    [
        .. ReasoningTasks.All.Select(task => TaskFamily.OfRecipe(
            task.Name, SummaryOf(task.Name), s_recipe, (numbers, subjects, frame, level) => task.Make(numbers, Scene.Draw(subjects, frame), level))),
        .. PlainPrompts.Makers.Select(task => TaskFamily.OfRecipe(task.Name, SummaryOf(task.Name), s_benign, (_, subjects, _, level) =>
            task.Make(subjects, level))),
        TaskFamily.Of("arithmetic", "A chain of one to five sums, each about the day before.", "large", s_all, ArithmeticTask.Make),
        TaskFamily.Of("units", "An amount in several units, in the smallest of them.", "large", s_all, UnitTask.Make),
        TaskFamily.Of("calendar", "The weekday after so many days; the days between two dates.", "large", s_all, CalendarTask.Make),
        TaskFamily.Of("grid", "A logic grid with one solution: who comes on which day, in which room?", "large", s_all, GridTask.Make),
        TaskFamily.Of("code_trace", "What a Python program with loops prints.", "large", s_all, TraceTask.Make),
        TaskFamily.Of("table_join", "A number that is found through two or three tables.", "large", s_all, JoinTask.Make),
        TaskFamily.Of("string_program", "What becomes of a word after one to five operations.", "large", s_all, StringTask.Make),
        TaskFamily.Of("two_turns", "A question that refers back to what the turn before told.", "chat", s_all, TwoTurnTask.Make),
        TaskFamily.Of("retrieval", "A fact that stands in a long text among others like it.", "chat", s_all, RetrievalTask.Make),
        TaskFamily.Of("instructions", "An easy question under a system prompt that says how to answer.", "chat", s_benign, InstructionTask.Make),
        TaskFamily.Of("json", "Facts in prose, as a JSON object for a given schema.", "chat", s_benign, JsonTask.Make),
        TaskFamily.OfVariants("languages", "The same sum in English, German, French, Spanish and Chinese.", "chat", s_benign, LanguageTask.Codes.Count,
            LanguageTask.Make),
    ];

    /// <summary>A family by its name.</summary>
    /// <param name="name">The name.</param>
    /// <exception cref="InvalidInputException">There is none of that name.</exception>
    public static TaskFamily Find(string name) => Families.FirstOrDefault(f => f.Name == name)
        ?? throw new InvalidInputException(
            $"There is no family of tasks {ProblemList.Quote(name)}; there are {string.Join(", ", Families.Select(f => f.Name))}.");

    private static string SummaryOf(string name) => name switch
    {
        "add" => "A sum of two numbers.",
        "subtract" => "A difference of two numbers.",
        "multiply" => "A product of two numbers.",
        "two_step" => "A sum, then a difference.",
        "compare" => "Who has more, and by how many?",
        "convert" => "An amount in a smaller unit.",
        "look_up" => "One price of a list.",
        "order" => "The last of three people in an order.",
        "reverse" => "A word spelled backwards.",
        "sort_numbers" => "Numbers from small to large.",
        "count_word" => "How often a word appears in a row.",
        "trace" => "A variable after one to three assignments.",
        "sequence" => "The next number of a sequence with equal steps.",
        "pick_word" => "The word at a place in a list.",
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "A task of the recipe has no summary."),
    };
}
