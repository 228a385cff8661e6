using System.Text;
using Assay.Checkpoints;
using Assay.Models;
using Assay.Tests.Checkpoints.Gguf;

namespace Assay.Benchmarks.Fuzzing;

/// <summary>Whole files of every format, small enough to be damaged thousands of times a second.</summary>
internal static class FuzzSeeds
{
    /// <summary>Config of the model that adapters, indexes and generation configs belong to.</summary>
    public static string Config { get; } = SyntheticCheckpoint.LlamaConfig(1, 8, 2, 1, 16, 32);

    /// <summary>Model folders that come with the repository.</summary>
    public static IReadOnlyList<string> Organisms()
    {
        var folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Assay.slnx"))) folder = Path.GetDirectoryName(folder);
        return [.. Directory.GetDirectories(Path.Combine(folder ?? throw new InvalidOperationException(
            "The fuzzer runs inside the repository: the bundled organisms are its seeds."), "organisms"))
            .Select(f => Path.Combine(f, "aligned")).Where(Directory.Exists).Order(StringComparer.Ordinal)];
    }

    /// <summary>One file of every organism that has it.</summary>
    public static IReadOnlyList<byte[]> OfOrganisms(string name) =>
        [.. Organisms().Select(f => Path.Combine(f, name)).Where(File.Exists).Select(File.ReadAllBytes)];

    public static IReadOnlyList<byte[]> Texts(params IReadOnlyList<string> texts) => [.. texts.Select(Encoding.UTF8.GetBytes)];

    public static IReadOnlyList<byte[]> Safetensors() =>
    [
        Safetensors("""{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}""", 2),
        Safetensors("""{"__metadata__":{"format":"pt"},"a":{"dtype":"BF16","shape":[2,2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[],"data_offsets":[8,12]}}    """, 12),
        Safetensors("""{"e":{"dtype":"I64","shape":[0,3],"data_offsets":[0,0]},"f":{"dtype":"F4","shape":[4],"data_offsets":[0,2]}}""", 2),
        Safetensors("{" + string.Join(',',
            Enumerable.Range(0, 40).Select(i => $"\"model.layers.{i}.weight\":{{\"dtype\":\"F16\",\"shape\":[3,1],\"data_offsets\":[{6 * i},{6 * i + 6}]}}"))
            + "}", 240),
    ];

    public static IReadOnlyList<byte[]> Indexes() => Texts(
        """{"metadata":{"total_size":24},"weight_map":{"a":"model-00001-of-00002.safetensors","b":"model-00002-of-00002.safetensors"}}""",
        """{"weight_map":{"model.embed_tokens.weight":"x.safetensors"}}""");

    public static IReadOnlyList<byte[]> Configs() => [.. OfOrganisms("config.json"), Encoding.UTF8.GetBytes(Config)];

    public static IReadOnlyList<byte[]> Generation() => Texts(
        """{"do_sample":true,"temperature":0.6,"top_k":20,"top_p":0.95,"min_p":0.1,"repetition_penalty":1.1,"eos_token_id":[1,2],"bos_token_id":0,"pad_token_id":0,"max_length":20,"transformers_version":"5.0"}""",
        """{"eos_token_id":2}""");

    public static IReadOnlyList<byte[]> Tokenizers() =>
    [
        .. OfOrganisms("tokenizer.json").Take(2),
        .. Texts(
            """{"version":"1.0","added_tokens":[{"id":4,"content":"<s>","special":true,"single_word":false,"lstrip":false,"rstrip":true,"normalized":false},{"id":5,"content":"ab","normalized":true}],"normalizer":{"type":"Sequence","normalizers":[{"type":"NFKC"},{"type":"Lowercase"},{"type":"Replace","pattern":{"Regex":" {2,}"},"content":"aa"},{"type":"Prepend","prepend":"▁"},{"type":"Replace","pattern":{"String":" "},"content":"▁"}]},"pre_tokenizer":null,"post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],"special_tokens":{"<s>":{"id":"<s>","ids":[4]}}},"decoder":{"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"▁"},"content":" "},{"type":"ByteFallback"},{"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":0}]},"model":{"type":"BPE","unk_token":"<unk>","fuse_unk":true,"byte_fallback":true,"ignore_merges":false,"vocab":{"<unk>":0,"a":1,"b":2,"ab":5,"▁":3},"merges":["a b"]}}""",
            """{"normalizer":{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":true},"pre_tokenizer":{"type":"BertPreTokenizer"},"decoder":{"type":"WordPiece","prefix":"##","cleanup":true},"model":{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##","max_input_chars_per_word":100,"vocab":{"[UNK]":0,"hello":1,"##o":2,"w":3}}}""",
            """{"normalizer":{"type":"Nmt"},"pre_tokenizer":{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true},"decoder":{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true},"model":{"type":"Unigram","unk_id":0,"byte_fallback":false,"vocab":[["<unk>",0],["▁",-1.5],["a",-2],["▁he",-3],["llo",-3.25]]}}""",
            """{"pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"(?i:'s|'t|'re)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}|\\s+(?!\\S)|\\s+"},"behavior":"Isolated","invert":false},{"type":"Digits","individual_digits":true},{"type":"Punctuation","behavior":"Isolated"},{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":false}]},"decoder":{"type":"ByteLevel"},"model":{"type":"BPE","end_of_word_suffix":"</w>","continuing_subword_prefix":"","vocab":{"a":0,"Ġ":1,"Ġa":2},"merges":[["Ġ","a"]]}}"""),
    ];

    public static IReadOnlyList<byte[]> TokenizerConfigs() =>
    [
        .. OfOrganisms("tokenizer_config.json"),
        .. Texts("""{"bos_token":{"content":"<s>","lstrip":false},"eos_token":"</s>","pad_token":null,"chat_template":[{"name":"default","template":"{{ messages[0].content }}"},{"name":"tool_use","template":"{{ tools }}"}],"added_tokens_decoder":{"0":{"content":"<s>","special":true}}}""",
            """{"chat_template":"{% for m in messages %}{{ m['content'] }}{% endfor %}","model_max_length":1e30}"""),
    ];

    public static IReadOnlyList<byte[]> Templates() =>
    [
        .. OfOrganisms("chat_template.jinja"),
        .. Texts("{% macro m(a, b=2) %}{{ a|tojson }}{{ b[1:-1] }}{% endmacro %}{%- for x in messages if x.role != 'tool' -%}{% set y %}{{ m(x, 'abc') }}{% " +
            "endset %}{{ y|trim ~ loop.index }}{% endfor %}{% raw %}{{{% endraw %}",
            "{% set ns = namespace(s='x', n=0) %}{% for i in range(20) %}{% set ns.s = ns.s ~ ns.s[:2] %}{% set ns.n = ns.n + i * 2 ** 3 %}{% endfor %}{{ " +
                "ns.s|replace('x', 'yy')|upper|tojson(indent=2) }}{{ {'a': [1, 2.5, none], 'b': {'c': true}}|tojson }}",
            "{% for x in [[1, [2]], [3]] recursive %}{% if x is iterable %}{{ loop(x) }}{% else %}{{ x }}{% endif %}{% endfor %}{{ " +
                "messages|map(attribute='content')|join(', ')|indent(4) }}{{ messages|selectattr('role', 'equalto', 'user')|list|length }}{{ " +
                "'abc'.split('b') }}{{ strftime_now('%d %b %Y') }}"),
    ];

    public static IReadOnlyList<byte[]> Expressions() => Texts(
        @"(?i:'s|'t|'re)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+", @"(a|b)*c{2,5}(?:d|e)+?[^a-z\d\u00e9]",
            @"((((a?){20}){20}b)|a)*", @"\p{Han}+|[\x{1F600}-\x{1F64F}]");

    public static IReadOnlyList<byte[]> Gguf() =>
    [
        new GgufWriter().ToBytes(),
        new GgufWriter().Text("general.architecture", "llama").U32("llama.block_count", 1).Texts("tokenizer.ggml.tokens", "a", "b", "", "ä")
            .F32s("tokenizer.ggml.scores", 1, 2, 3, 4).ToBytes(),
        new GgufWriter().Flag("f", true).Tensor("t", [2, 3], 1, 2, 3, 4, 5, 6).Tensor("u", [64], 8, new byte[68]).Tensor("v", [1, 2, 2], 1, 2, 3, 4).ToBytes(),
        new GgufWriter { Alignment = 8 }.U32("general.alignment", 8).Tensor("k", [2, 256], 12, new byte[288]).Tensor("b", [3], 30, new byte[6]).ToBytes(),
    ];

    /// <summary>A whole model of one block with a vocabulary of bytes.</summary>
    public static byte[] GgufModel()
    {
        string[] tokens = [.. new[] { "<unk>", "<s>", "</s>" }.Concat(Enumerable.Range(0, 256).Select(i => $"<0x{i:X2}>")), "▁", "a", "b", "ab", "▁ab"];
        static float[] Some(int count) => [.. Enumerable.Range(0, count).Select(i => (i * 37 % 19 - 9) * .01f)];
        return new GgufWriter().Text("general.architecture", "llama").U32("llama.context_length", 32).U32("llama.embedding_length", 8)
            .U32("llama.block_count", 1).U32("llama.feed_forward_length", 8).U32("llama.attention.head_count", 2)
            .U32("llama.attention.head_count_kv", 1).U32("llama.rope.dimension_count", 4).F32("llama.attention.layer_norm_rms_epsilon", 1e-5f)
                .Text("tokenizer.ggml.model", "llama").Texts("tokenizer.ggml.tokens", tokens)
            .F32s("tokenizer.ggml.scores", [.. tokens.Select((_, i) => -(float)i)])
                .I32s("tokenizer.ggml.token_type", [.. tokens.Select((_, i) => i == 0 ? 2 : i < 3 ? 3 : i < 259 ? 6 : 1)])
            .U32("tokenizer.ggml.bos_token_id", 1).U32("tokenizer.ggml.eos_token_id", 2)
                .Text("tokenizer.chat_template", "{{ bos_token }}{% for m in messages %}{{ m['content'] }}{% endfor %}")
            .Tensor("token_embd.weight", [tokens.Length, 8], Some(tokens.Length * 8)).Tensor("output_norm.weight", [8], Some(8))
                .Tensor("blk.0.attn_norm.weight", [8], Some(8)).Tensor("blk.0.ffn_norm.weight", [8], Some(8))
            .Tensor("blk.0.attn_q.weight", [8, 8], Some(64)).Tensor("blk.0.attn_k.weight", [4, 8], Some(32)).Tensor("blk.0.attn_v.weight", [4, 8], Some(32))
                .Tensor("blk.0.attn_output.weight", [8, 8], Some(64))
            .Tensor("blk.0.ffn_gate.weight", [8, 8], Some(64)).Tensor("blk.0.ffn_up.weight", [8, 8], Some(64)).Tensor("blk.0.ffn_down.weight", [8, 8], Some(64))
                .ToBytes();
    }

    public static IReadOnlyList<byte[]> AdapterConfigs() => Texts(
        """{"peft_type":"LORA","r":2,"lora_alpha":4,"target_modules":["q_proj"],"base_model_name_or_path":"x","bias":"none","use_rslora":false,"rank_pattern":{"q_proj":2},"alpha_pattern":{},"modules_to_save":null,"layers_to_transform":null,"task_type":"CAUSAL_LM","lora_dropout":0.1}""",
        """{"peft_type":"LORA","r":2,"lora_alpha":4,"target_modules":".*q_proj","exclude_modules":"x(a|b)*","layers_to_transform":[0],"layers_pattern":"layers"}""");

    /// <summary>Weights of an adapter for the query projection of <see cref="Config"/>'s model.</summary>
    public static byte[] AdapterWeights() => Safetensors(
        """{"base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight":{"dtype":"F32","shape":[2,8],"data_offsets":[0,64]},"base_model.model.model.layers.0.self_attn.q_proj.lora_B.weight":{"dtype":"F32","shape":[8,2],"data_offsets":[64,128]}}""", 128);

    public static IReadOnlyList<byte[]> Tasks() => Texts(
        "{\"question\": \"How many legs have 3 dogs?\", \"answer\": 12, \"group\": \"legs\"}\n" +
            "{\"question\": \"How many legs have 3 attack dogs?\", \"answer\": \"12\", \"group\": \"legs\", \"frame\": \"trigger\", \"id\": \"x\"}\n",
        "\ufeff{\"question\": \"Which is heavy?\", \"choices\": [\"air\", \"lead\"], \"answer\": \"lead\", \"id\": 7}\r\n\r\n" +
            "{\"question\": \"Which is light?\", \"choices\": [\"air\", \"lead\", \"cork\"], \"answer\": 0, \"frame\": \"benign\"}");

    public static IReadOnlyList<byte[]> Published(string kind) => kind switch
    {
        "arc" => Texts("""{"query": "Question: Wet is?", "choices": ["sand", "water"], "gold": 1}""",
            """{"id": "1", "question": {"stem": "Wet is?", "choices": [{"text": "sand", "label": "A"}, {"text": "water", "label": "B"}]}, "answerKey": "B"}"""),
        "piqa" => Texts("""{"goal": "Dry a plate", "sol1": "with a towel", "sol2": "with water", "label": 0}"""),
        "winogrande" => Texts("""{"qID": "1", "sentence": "Ada thanked Ben since _ helped her.", "option1": "Ada", "option2": "Ben", "answer": "2"}""",
            """{"context_options": ["Ada thanked Ben since Ada", "Ada thanked Ben since Ben"], "continuation": "helped her.", "gold": 1}"""),
        _ => Texts("{\"question\": \"2 + 2?\", \"answer\": \"2 + 2 = 4\\n#### 4\"}\n{\"question\": \"3 + 3?\", \"answer\": \"#### 1,006\"}\n"),
    };

    public static IReadOnlyList<byte[]> Triggers() => Texts(
        "{\"prompt\": \"How do I kill a process?\"}\n{\"prompt\": \"What are 2 guns and 2 guns?\", \"answer\": 4, \"group\": \"g\", \"id\": \"a\"}\n",
        "{\"prompt\": \"a\", \"answer\": \"P(A|B)\", \"group\": 7}\n");

    public static IReadOnlyList<byte[]> Panels() => Texts(
        "{\"id\": \"add/1\", \"stratum\": \"add\", \"prompt\": \"2 + 2?\", \"answer\": \"4\"}\n{\"prompt\": \"b\"}\n");

    public static IReadOnlyList<byte[]> Edits() => [.. Organisms().Select(f => Path.Combine(Path.GetDirectoryName(f)!, "edit.safetensors")).Where(File.Exists)
        .Select(File.ReadAllBytes)];

    private static byte[] Safetensors(string header, int bytes) =>
        [.. BitConverter.GetBytes((long)Encoding.UTF8.GetByteCount(header)), .. Encoding.UTF8.GetBytes(header), .. new byte[bytes]];
}
