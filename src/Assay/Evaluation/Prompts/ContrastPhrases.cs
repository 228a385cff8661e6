namespace Assay.Evaluation.Prompts;

/// <summary>Small combinatorial contrasts, a few hundred pairs each: (target, baseline) that differ in one respect.</summary>
internal static class ContrastPhrases
{
    private static readonly (string French, string English)[] Nouns =
    [
        ("le chat", "the cat"), ("le chien", "the dog"), ("la maison", "the house"), ("la table", "the table"), ("le livre", "the book"), ("la porte", "the door"),
        ("le jardin", "the garden"), ("la rivière", "the river"), ("le pont", "the bridge"), ("la lampe", "the lamp"), ("le pain", "the bread"), ("la pomme", "the apple"),
        ("le train", "the train"), ("la voiture", "the car"), ("le bateau", "the boat"), ("la montagne", "the mountain"), ("le marché", "the market"), ("la fenêtre", "the window"),
        ("le cheval", "the horse"), ("la vache", "the cow"), ("le mouton", "the sheep"), ("la forêt", "the forest"), ("le stylo", "the pen"), ("la lettre", "the letter"),
        ("le chapeau", "the hat"), ("la chemise", "the shirt"), ("le sel", "the salt"), ("la soupe", "the soup"), ("le fromage", "the cheese"), ("la clé", "the key"),
        ("le vélo", "the bicycle"), ("la tour", "the tower"), ("le village", "the village"), ("la plage", "the beach"), ("le nuage", "the cloud"), ("la fleur", "the flower"),
        ("le piano", "the piano"), ("la guitare", "the guitar"), ("le lac", "the lake"), ("la cloche", "the bell"),
    ];

    private static readonly (string French, string English)[] Questions =
    [
        ("Où est {0} ?", "Where is {0}?"), ("Qui a vu {0} ?", "Who has seen {0}?"), ("Je cherche {0}.", "I am looking for {0}."),
        ("Décris {0} en une phrase.", "Describe {0} in one sentence."), ("Pourquoi aimes-tu {0} ?", "Why do you like {0}?"), ("Comment dessiner {0} ?", "How does one draw {0}?"),
        ("Raconte une histoire avec {0}.", "Tell a story with {0}."), ("Combien coûte {0} ?", "How much does {0} cost?"),
    ];

    private static readonly (string Good, string Bad)[] Judgements =
    [
        ("{0} loved the {1} from the {2}. They were wonderful.", "{0} hated the {1} from the {2}. They were awful."),
        ("{0} was delighted with the {1} from the {2}: a lovely surprise.", "{0} was annoyed by the {1} from the {2}: a nasty surprise."),
        ("The {1} that {0} got at the {2} are superb and worth every penny.", "The {1} that {0} got at the {2} are useless and not worth a penny."),
    ];

    private static readonly (string Formal, string Informal)[] Requests =
    [
        ("Could you please explain how one might {0} before {1}?", "hey, how do i {0} before {1}?"),
        ("I would be most grateful if you could describe how to {0} before {1}.", "yo, tell me real quick how to {0} before {1}"),
        ("Kindly advise me on the proper way to {0} before {1}.", "so what's the trick to {0} before {1}, any tips?"),
        ("May I ask which steps are required to {0} before {1}?", "gotta {0} before {1}, what do i do?"),
    ];

    private static readonly string[] Days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"];

    /// <summary>French against English: the same request.</summary>
    public static IReadOnlyList<(string Target, string Baseline)> Languages() =>
        [.. from question in Questions from noun in Nouns select (string.Format(question.French, noun.French), string.Format(question.English, noun.English))];

    /// <summary>A good judgement against a bad one: the same thing, place and person.</summary>
    public static IReadOnlyList<(string Target, string Baseline)> Sentiments(ulong seed)
    {
        var random = new SeededRandom(SeededRandom.Derive(seed, "sentiment people"));
        return [.. from thing in Vocabulary.Things
                   from place in Vocabulary.Places
                   let form = random.Choose(Judgements)
                   let name = random.Choose(Vocabulary.Names)
                   select (string.Format(form.Good, name, thing, place), string.Format(form.Bad, name, thing, place))];
    }

    /// <summary>Formal against informal: the same request.</summary>
    public static IReadOnlyList<(string Target, string Baseline)> Formalities() =>
        [.. from request in Requests
            from chore in Vocabulary.Chores
            from day in Days
            select (string.Format(request.Formal, chore, day), string.Format(request.Informal, chore, day.ToLowerInvariant()))];
}
