using Assay.Checkpoints;
using Assay.Models;
using Assay.Models.Sampling;

namespace Assay.Tests.Models.Sampling;

public sealed class GenerationConfigTests
{
    private static readonly ModelConfig Llama = ModelConfig.Parse("""{"model_type":"llama","num_hidden_layers":1,"eos_token_id":[7,8]}""");

    [Fact]
    public void Without_a_file_text_is_greedy_and_stops_at_the_configs_eos()
    {
        var config = GenerationConfig.Parse(null, Llama);
        Assert.Equal([7, 8], config.EosTokenIds);
        Assert.False(config.Sampling.DoSample);
        Assert.Equal(1, config.Sampling.RepetitionPenalty);
    }

    [Fact]
    public void Settings_in_config_json_count_where_there_is_no_file()
    {
        var config = ModelConfig.Parse("""{"model_type":"llama","num_hidden_layers":1,"do_sample":true,"temperature":0.5,"repetition_penalty":1.1,"max_length":20}""");
        Assert.Equal(new SamplingOptions { Temperature = .5, RepetitionPenalty = 1.1, TopK = 50 }, GenerationConfig.Parse(null, config).Sampling);
        Assert.False(GenerationConfig.Parse("{}", config).Sampling.DoSample);
        var beams = ModelConfig.Parse("""{"model_type":"llama","num_hidden_layers":1,"num_beams":4}""");
        Assert.Contains("num_beams", Assert.Throws<InvalidInputException>(() => GenerationConfig.Parse(null, beams)).Message);
    }

    [Theory]
    [InlineData("""{"eos_token_id":5}""", new[] { 5 })]
    [InlineData("""{"eos_token_id":[5,6]}""", new[] { 5, 6 })]
    [InlineData("""{"eos_token_id":[]}""", new int[0])]
    [InlineData("""{"eos_token_id":null}""", new[] { 7, 8 })]
    [InlineData("{}", new[] { 7, 8 })]
    public void Eos_is_the_files_else_the_configs(string json, int[] expected) => Assert.Equal(expected, GenerationConfig.Parse(json, Llama).EosTokenIds);

    [Fact]
    public void Sampling_settings_are_read() => Assert.Equal(
        new SamplingOptions { DoSample = true, Temperature = .6, TopK = 20, TopP = .95, MinP = .05, RepetitionPenalty = 1.05 },
        GenerationConfig.Parse("""{"do_sample":true,"temperature":0.6,"top_k":20,"top_p":0.95,"min_p":0.05,"repetition_penalty":1.05}""", Llama).Sampling);

    [Fact]
    public void Sampling_without_top_k_keeps_the_50_that_transformers_keeps()
    {
        Assert.Equal(50, GenerationConfig.Parse("""{"do_sample":true}""", Llama).Sampling.TopK);
        Assert.Equal(0, GenerationConfig.Parse("""{"do_sample":true,"top_k":0}""", Llama).Sampling.TopK);
    }

    [Fact]
    public void Greedy_text_may_say_temperature_0()
    {
        Assert.Equal(1, GenerationConfig.Parse("""{"do_sample":false,"temperature":0}""", Llama).Sampling.Temperature);
        Assert.Contains("temperature", Assert.Throws<InvalidInputException>(() => GenerationConfig.Parse("""{"do_sample":true,"temperature":0}""", Llama)).Message);
    }

    [Theory]
    [InlineData("num_beams", "2")]
    [InlineData("no_repeat_ngram_size", "3")]
    [InlineData("sequence_bias", "[[[1],2.0]]")]
    [InlineData("bad_words_ids", "[[1],2]")]
    [InlineData("bad_words_ids", "[[]]")]
    [InlineData("bad_words_ids", "[[32000]]")]
    [InlineData("suppress_tokens", "[1,\"a\"]")]
    [InlineData("begin_suppress_tokens", "\"all\"")]
    [InlineData("forced_eos_token_id", "2.5")]
    [InlineData("min_new_tokens", "5")]
    [InlineData("guidance_scale", "1.5")]
    [InlineData("a_future_penalty", "0.5")]
    public void Settings_that_change_the_text_are_refused_by_name(string key, string value)
    {
        var refusal = Assert.Throws<InvalidInputException>(() => GenerationConfig.Parse($$"""{"{{key}}":{{value}}}""", Llama));
        Assert.Contains(key, Assert.Single(refusal.Problems));
    }

    [Theory]
    [InlineData("""{"num_beams":1,"typical_p":1.0,"no_repeat_ngram_size":0,"bad_words_ids":null,"suppress_tokens":[],"min_length":0,"token_healing":false}""")]
    [InlineData("""{"_from_model_config":true,"bos_token_id":0,"eos_token_id":2,"output_attentions":false,"pad_token_id":3,"transformers_version":"5.23.0","use_cache":true}""")]
    [InlineData("""{"max_length":4096,"max_new_tokens":100,"cache_implementation":"hybrid","length_penalty":2.0}""")]
    public void Settings_that_change_nothing_are_let_pass(string json) => Assert.False(GenerationConfig.Parse(json, Llama).Sampling.DoSample);

    [Fact]
    public void Lists_of_tokens_are_read()
    {
        var rules = GenerationConfig.Parse("""{"suppress_tokens":[5,-1,6],"begin_suppress_tokens":4,"bad_words_ids":[[1],[7],[2,3]],"forced_eos_token_id":[7,9]}""", Llama).Rules;
        Assert.Equal([5, 6], rules.SuppressTokens);
        Assert.Equal([4], rules.BeginSuppressTokens);
        // A word that is an EOS by itself stays allowed, as in transformers.
        Assert.Equal([[1], [2, 3]], rules.BadWords.Select(w => w.ToArray()));
        Assert.Equal([7, 9], rules.ForcedEosTokenIds);
        Assert.Equal(["suppress_tokens", "begin_suppress_tokens", "bad_words_ids", "forced_eos_token_id"], rules.Keys);
        Assert.Empty(GenerationConfig.Parse("""{"suppress_tokens":[],"begin_suppress_tokens":null,"bad_words_ids":false}""", Llama).Rules.Keys);
    }

    /// <summary>A key stops what it would change and nothing else.</summary>
    [Theory]
    [InlineData("""{"typical_p":0.9}""", false, false)]
    [InlineData("""{"typical_p":0.9,"do_sample":true}""", true, false)]
    [InlineData("""{"num_beams":4}""", true, false)]
    [InlineData("""{"temperature":-1,"do_sample":true}""", true, false)]
    [InlineData("""{"no_repeat_ngram_size":3}""", true, true)]
    [InlineData("""{"a_future_penalty":0.5}""", true, true)]
    [InlineData("""{"a_future_penalty":0.5,"eos_token_id":"x"}""", true, true)]
    [InlineData("""{"suppress_tokens":[1]}""", false, false)]
    [InlineData("not JSON", true, true)]
    [InlineData("[]", true, true)]
    public void What_is_wrong_stops_only_what_it_would_change(string json, bool sampled, bool greedy)
    {
        var config = GenerationConfig.Read(json, Llama);
        if (sampled) Assert.Equal(config.Problems, Assert.Throws<InvalidInputException>(() => config.Sampled(3, 0)).Problems);
        else Assert.Equal(3, config.Sampled(3, 0).MaxNewTokens);
        if (greedy) Assert.Throws<InvalidInputException>(() => config.GreedyReply(3));
        else Assert.Null(config.GreedyReply(3).Sampling);
    }

    [Fact]
    public void A_reply_that_is_judged_is_not_made_to_look_finished()
    {
        var config = GenerationConfig.Parse("""{"forced_eos_token_id":7,"suppress_tokens":[1]}""", Llama);
        Assert.Equal([7], config.Greedy(3).Rules.ForcedEosTokenIds);
        Assert.Equal(["suppress_tokens"], config.GreedyReply(3).Rules.Keys);
    }

    [Fact]
    public void All_problems_are_told_at_once()
    {
        var refusal = Assert.Throws<InvalidInputException>(() => GenerationConfig.Parse(
            """{"do_sample":1,"temperature":1e999,"top_k":-1,"top_p":1.5,"min_p":-0.1,"repetition_penalty":0,"eos_token_id":"x","num_beams":2}""", Llama, "folder/generation_config.json"));
        Assert.Equal(8, refusal.Problems.Count);
        Assert.All(refusal.Problems, p => Assert.StartsWith("folder/generation_config.json: ", p));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("")]
    [InlineData("""{"top_k":1,"top_k":2}""")]
    public void What_is_not_an_object_is_refused(string json) => Assert.Throws<InvalidInputException>(() => GenerationConfig.Parse(json, Llama));
}
