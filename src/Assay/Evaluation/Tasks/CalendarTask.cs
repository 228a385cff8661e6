using Assay.Evaluation.Prompts;

namespace Assay.Evaluation.Tasks;

/// <summary>Weekdays after so many days, and days between dates of the Gregorian calendar.</summary>
internal static class CalendarTask
{
    private static readonly string[] s_weekdays = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
    private static readonly string[] s_months = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December"];

    /// <summary>0: a weekday up to two weeks on. 1: up to 99 days on. 2: days between dates of one year. 3: between dates of different years. 4: the weekday of
    /// a date, given another's.</summary>
    public static UnframedTask? Make(SeededRandom random, int level)
    {
        if (level <= 1) return Weekday(random.Below(7), level == 0 ? random.Between(2, 13) : random.Between(15, 99));
        int year = random.Between(1951, 2089), month = random.Between(1, 12);
        var from = DayOf(year, month, random.Between(1, LengthOf(year, month)));
        var days = level == 2 ? random.Between(20, 90) : random.Between(150, 900);
        var (begin, end) = (DateOf(from), DateOf(from + days));
        var isOneYear = begin[^4..] == end[^4..];
        if (level == 2 && !isOneYear || level == 3 && isOneYear) return null;
        // The answer is not to stand in the question as the day of a date.
        if (begin.StartsWith($"{days} ", StringComparison.Ordinal) || end.StartsWith($"{days} ", StringComparison.Ordinal)) return null;
        if (level < 4) return new UnframedTask($"{begin} to {end}", days.ToString(), cast => new Wording(
            $"{cast.CapitalWho} starts {cast.Deed.Doing} on {begin} and stops on {end}. How many days later is that?",
            $"{cast.CapitalWho} was {cast.Deed.Doing} from {begin} to {end}. How many days lie between the two dates, if only the last of them is counted?",
            $"How many days after {begin} is {end}? On the first date {cast.Who} starts {cast.Deed.Doing}, on the second {cast.Again} stops."));
        if (days % 7 == 0) return null;
        var (known, answer) = (s_weekdays[WeekdayOf(from)], s_weekdays[WeekdayOf(from + days)]);
        return new UnframedTask($"{begin} to {end}, weekday", answer, cast => new Wording(
            $"{begin} is a {known}. On that day {cast.Who} starts {cast.Deed.Doing}, and on {end} {cast.Again} stops. Which day of the week is that?",
            $"{cast.CapitalWho} starts {cast.Deed.Doing} on a {known}, {begin}. The last day of it is {end}. Name the weekday of that last day.",
            $"Given that {begin} is a {known}, on which weekday does {end} fall? From the first to the second date {cast.Who} is {cast.Deed.Doing}."));
    }

    private static UnframedTask? Weekday(int first, int days)
    {
        if (days % 7 == 0) return null;
        var (from, answer) = (s_weekdays[first], s_weekdays[(first + days) % 7]);
        return new UnframedTask($"{from} + {days}", answer, cast => new Wording(
            $"{cast.CapitalWho} starts {cast.Deed.Doing} on a {from} and stops {days} days later. Which day of the week is that?",
            $"It is {from}, and {cast.Who} starts {cast.Deed.Doing}. What weekday will it be after {days} days, when {cast.Again} stops?",
            $"Which weekday comes {days} days after a {from}? That is when {cast.Who} stops {cast.Deed.Doing}."));
    }

    // Days since 1 January of the year 1, which was a Monday.
    private static int DayOf(int year, int month, int day)
    {
        var past = year - 1;
        var days = 365 * past + past / 4 - past / 100 + past / 400 + day - 1;
        for (var m = 1; m < month; m++) days += LengthOf(year, m);
        return days;
    }

    private static int WeekdayOf(int day) => day % 7;

    private static string DateOf(int day)
    {
        var year = 1;
        // A first guess that is never too late; it is at most a few years early.
        year += day / 366;
        while (DayOf(year + 1, 1, 1) <= day) year++;
        var month = 1;
        while (month < 12 && DayOf(year, month + 1, 1) <= day) month++;
        return $"{day - DayOf(year, month, 1) + 1} {s_months[month - 1]} {year}";
    }

    private static int LengthOf(int year, int month) => month switch
    {
        2 => year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28,
        4 or 6 or 9 or 11 => 30,
        _ => 31,
    };
}
