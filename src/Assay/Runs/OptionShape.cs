namespace Assay.Runs;

/// <summary>What the value of an option is made of.</summary>
public enum OptionShape
{
    /// <summary>A whole number within bounds.</summary>
    Whole,

    /// <summary>A finite number.</summary>
    Number,

    /// <summary>A number of bytes, such as 2G.</summary>
    Size,

    /// <summary>A point in time.</summary>
    Time,

    /// <summary>Any text, or one that follows a pattern.</summary>
    Text,

    /// <summary>Several words with commas between.</summary>
    List,

    /// <summary>One of a few words.</summary>
    Choice,

    /// <summary>On or off.</summary>
    Switch,

    /// <summary>A name of a few with its number, such as accuracy=1; several of them are a mapping.</summary>
    Mapping,
}
