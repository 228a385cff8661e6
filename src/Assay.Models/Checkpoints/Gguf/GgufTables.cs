using System.Collections.Immutable;

namespace Assay.Checkpoints.Gguf;

/// <summary>The architectures that are read from GGUF files.</summary>
internal static class GgufTables
{
    private const string Loader = "llama.cpp, llama-model.cpp";
    private const string HeadsDefault = $"{Loader}: as many as query heads";
    private const string ThetaDefault = $"{Loader}: 10000";

    private static readonly ImmutableArray<GgufKey> Shape =
    [
        GgufKey.Whole("context_length", "max_position_embeddings"),
        GgufKey.Whole("embedding_length", "hidden_size"),
        GgufKey.Whole("block_count", "num_hidden_layers"),
        GgufKey.Whole("feed_forward_length", "intermediate_size"),
        GgufKey.Whole("attention.head_count", "num_attention_heads"),
        GgufKey.Whole("attention.head_count_kv", "num_key_value_heads", c => c.Value("num_attention_heads"), HeadsDefault),
        GgufKey.Number("attention.layer_norm_rms_epsilon", "rms_norm_eps"),
        GgufKey.Number("rope.freq_base", "rope_theta", "10000", ThetaDefault),
    ];

    private static readonly ImmutableArray<GgufTensorRow> Ends =
    [
        new("token_embd", "model.embed_tokens"),
        new("output_norm", "model.norm"),
        new("output", "lm_head"),
    ];

    private static readonly ImmutableArray<GgufTensorRow> Attention =
    [
        new("blk.{layer}.attn_q", "model.layers.{layer}.self_attn.q_proj"),
        new("blk.{layer}.attn_k", "model.layers.{layer}.self_attn.k_proj"),
        new("blk.{layer}.attn_v", "model.layers.{layer}.self_attn.v_proj"),
        new("blk.{layer}.attn_output", "model.layers.{layer}.self_attn.o_proj"),
    ];

    private static readonly ImmutableArray<GgufTensorRow> InterleavedAttention =
    [
        new("blk.{layer}.attn_q", "model.layers.{layer}.self_attn.q_proj", GgufChange.InterleavedQueries),
        new("blk.{layer}.attn_k", "model.layers.{layer}.self_attn.k_proj", GgufChange.InterleavedKeys),
        new("blk.{layer}.attn_v", "model.layers.{layer}.self_attn.v_proj"),
        new("blk.{layer}.attn_output", "model.layers.{layer}.self_attn.o_proj"),
    ];

    private static readonly ImmutableArray<GgufTensorRow> HeadNorms =
    [
        new("blk.{layer}.attn_q_norm", "model.layers.{layer}.self_attn.q_norm"),
        new("blk.{layer}.attn_k_norm", "model.layers.{layer}.self_attn.k_norm"),
    ];

    private static readonly ImmutableArray<GgufTensorRow> Norms =
    [
        new("blk.{layer}.attn_norm", "model.layers.{layer}.input_layernorm"),
        new("blk.{layer}.ffn_norm", "model.layers.{layer}.post_attention_layernorm"),
    ];

    private static readonly ImmutableArray<GgufTensorRow> Mlp =
    [
        new("blk.{layer}.ffn_gate", "model.layers.{layer}.mlp.gate_proj"),
        new("blk.{layer}.ffn_up", "model.layers.{layer}.mlp.up_proj"),
        new("blk.{layer}.ffn_down", "model.layers.{layer}.mlp.down_proj"),
    ];

    private static readonly ImmutableArray<(string, string)> LlamaBiases = [("attention_bias", "blk.0.attn_q.bias"), ("mlp_bias", "blk.0.ffn_gate.bias")];

    private static readonly GgufArchitecture Llama = new()
    {
        Name = "llama",
        ModelType = "llama",
        HeadSizeKey = "head_dim",
        Keys = [.. Shape, GgufKey.Whole("expert_count", "", _ => "0", "") with { ZeroIsNone = true }, GgufKey.Whole("expert_used_count", "", _ => "0", "") with { ZeroIsNone = true }],
        Implied = [("hidden_act", "\"silu\"", "llama.cpp, models/llama.cpp: LLM_FFN_SILU")],
        Biases = LlamaBiases,
        Tensors = [.. Ends, .. Norms, .. InterleavedAttention, .. Mlp],
    };

    private static readonly GgufArchitecture Mixtral = new()
    {
        Name = "llama",
        ModelType = "mixtral",
        HeadSizeKey = "head_dim",
        Keys = [.. Shape, GgufKey.Whole("expert_count", "num_local_experts"), GgufKey.Whole("expert_used_count", "num_experts_per_tok")],
        Implied =
        [
            ("hidden_act", "\"silu\"", "llama.cpp, models/llama.cpp: LLM_FFN_SILU"),
            ("sliding_window", "null", "llama.cpp, models/llama.cpp: attends to all positions"),
        ],
        Tensors =
        [
            .. Ends, .. Norms, .. InterleavedAttention,
            new("blk.{layer}.ffn_gate_inp", "model.layers.{layer}.block_sparse_moe.gate"),
            new("blk.{layer}.ffn_gate_exps", "model.layers.{layer}.block_sparse_moe.experts.{expert}.w1", GgufChange.StackedExperts),
            new("blk.{layer}.ffn_down_exps", "model.layers.{layer}.block_sparse_moe.experts.{expert}.w2", GgufChange.StackedExperts),
            new("blk.{layer}.ffn_up_exps", "model.layers.{layer}.block_sparse_moe.experts.{expert}.w3", GgufChange.StackedExperts),
        ],
    };

    private static readonly GgufArchitecture Qwen2 = new()
    {
        Name = "qwen2",
        ModelType = "qwen2",
        Keys = Shape,
        Implied =
        [
            ("hidden_act", "\"silu\"", "llama.cpp, models/qwen2.cpp: LLM_FFN_SILU"),
            ("use_sliding_window", "false", "llama.cpp, models/qwen2.cpp: attends to all positions"),
        ],
        Tensors = [.. Ends, .. Norms, .. Attention, .. Mlp],
    };

    private static readonly GgufArchitecture Qwen3 = new()
    {
        Name = "qwen3",
        ModelType = "qwen3",
        HeadSizeKey = "head_dim",
        Keys = Shape,
        Implied =
        [
            ("hidden_act", "\"silu\"", "llama.cpp, models/qwen3.cpp: LLM_FFN_SILU"),
            ("use_sliding_window", "false", "llama.cpp, models/qwen3.cpp: attends to all positions"),
        ],
        Biases = [("attention_bias", "blk.0.attn_q.bias")],
        Tensors = [.. Ends, .. Norms, .. Attention, .. HeadNorms, .. Mlp],
    };

    private static readonly GgufArchitecture Qwen3Moe = new()
    {
        Name = "qwen3moe",
        ModelType = "qwen3_moe",
        HeadSizeKey = "head_dim",
        Keys =
        [
            .. Shape,
            GgufKey.Whole("expert_count", "num_experts"),
            GgufKey.Whole("expert_used_count", "num_experts_per_tok"),
            GgufKey.Whole("expert_feed_forward_length", "moe_intermediate_size", c => (c.Number("intermediate_size") / Math.Max(1, c.Number("num_experts_per_tok"))).ToString(),
                "llama.cpp, models/qwen3moe.cpp: feed_forward_length over expert_used_count"),
        ],
        Implied =
        [
            ("hidden_act", "\"silu\"", "llama.cpp, models/qwen3moe.cpp: LLM_FFN_SILU"),
            ("use_sliding_window", "false", "llama.cpp, models/qwen3moe.cpp: attends to all positions"),
            ("norm_topk_prob", "true", "llama.cpp, models/qwen3moe.cpp: weights of the chosen experts are normalised; GGUF has no key for it"),
            ("decoder_sparse_step", "1", "llama.cpp, models/qwen3moe.cpp: every layer routes"),
            ("mlp_only_layers", "[]", "llama.cpp, models/qwen3moe.cpp: every layer routes"),
        ],
        Biases = [("attention_bias", "blk.0.attn_q.bias")],
        Tensors =
        [
            .. Ends, .. Norms, .. Attention, .. HeadNorms,
            new("blk.{layer}.ffn_gate_inp", "model.layers.{layer}.mlp.gate"),
            new("blk.{layer}.ffn_gate_exps", "model.layers.{layer}.mlp.experts.{expert}.gate_proj", GgufChange.StackedExperts),
            new("blk.{layer}.ffn_down_exps", "model.layers.{layer}.mlp.experts.{expert}.down_proj", GgufChange.StackedExperts),
            new("blk.{layer}.ffn_up_exps", "model.layers.{layer}.mlp.experts.{expert}.up_proj", GgufChange.StackedExperts),
        ],
    };

    private static readonly GgufArchitecture Gemma = new()
    {
        Name = "gemma",
        ModelType = "gemma",
        HeadSizeKey = "head_dim",
        AlwaysTied = true,
        Keys = Shape,
        Implied = [("hidden_activation", "\"gelu_pytorch_tanh\"", "llama.cpp, models/gemma.cpp: LLM_FFN_GELU, the tanh form")],
        Biases = [("attention_bias", "blk.0.attn_q.bias")],
        Tensors =
        [
            new("token_embd", "model.embed_tokens"),
            new("output_norm", "model.norm", GgufChange.PlusOne),
            new("blk.{layer}.attn_norm", "model.layers.{layer}.input_layernorm", GgufChange.PlusOne),
            new("blk.{layer}.ffn_norm", "model.layers.{layer}.post_attention_layernorm", GgufChange.PlusOne),
            .. Attention, .. Mlp,
        ],
    };

    private static readonly GgufArchitecture Gemma2 = new()
    {
        Name = "gemma2",
        ModelType = "gemma2",
        HeadSizeKey = "head_dim",
        AlwaysTied = true,
        Keys =
        [
            .. Shape,
            GgufKey.Whole("attention.sliding_window", "sliding_window", _ => "4096", "llama.cpp, models/gemma2.cpp: 4096"),
            GgufKey.Number("attn_logit_softcapping", "attn_logit_softcapping", "50", "llama.cpp, llama-hparams.h: 50"),
            GgufKey.Number("final_logit_softcapping", "final_logit_softcapping", "30", "llama.cpp, llama-hparams.h: 30"),
            // The name is empty: there is no such key in GGUF.
            GgufKey.Whole("", "query_pre_attn_scalar", c => c.Value("num_hidden_layers") == "46" ? (c.Number("hidden_size") / Math.Max(1, c.Number("num_attention_heads"))).ToString() : c.Value("head_dim"),
                "llama.cpp, models/gemma2.cpp: the key length; of the model of 46 layers the width over the heads; GGUF has no key for it"),
        ],
        Implied = [("hidden_activation", "\"gelu_pytorch_tanh\"", "llama.cpp, models/gemma2.cpp: LLM_FFN_GELU, the tanh form")],
        Biases = [("attention_bias", "blk.0.attn_q.bias")],
        Tensors =
        [
            new("token_embd", "model.embed_tokens"),
            new("output_norm", "model.norm", GgufChange.PlusOne),
            new("blk.{layer}.attn_norm", "model.layers.{layer}.input_layernorm", GgufChange.PlusOne),
            new("blk.{layer}.post_attention_norm", "model.layers.{layer}.post_attention_layernorm", GgufChange.PlusOne),
            new("blk.{layer}.ffn_norm", "model.layers.{layer}.pre_feedforward_layernorm", GgufChange.PlusOne),
            new("blk.{layer}.post_ffw_norm", "model.layers.{layer}.post_feedforward_layernorm", GgufChange.PlusOne),
            .. Attention, .. Mlp,
        ],
    };

    private static readonly GgufArchitecture Phi3 = new()
    {
        Name = "phi3",
        ModelType = "phi3",
        PartialRotaryKey = "partial_rotary_factor",
        Keys = [.. Shape, GgufKey.Whole("attention.sliding_window", "sliding_window", _ => "null", "llama.cpp, models/phi3.cpp: none") with { ZeroIsNone = true }],
        Implied = [("hidden_act", "\"silu\"", "llama.cpp, models/phi3.cpp: LLM_FFN_SWIGLU")],
        Tensors =
        [
            .. Ends, .. Norms,
            new("blk.{layer}.attn_qkv", "model.layers.{layer}.self_attn.qkv_proj"),
            new("blk.{layer}.attn_output", "model.layers.{layer}.self_attn.o_proj"),
            new("blk.{layer}.ffn_up", "model.layers.{layer}.mlp.gate_up_proj"),
            new("blk.{layer}.ffn_down", "model.layers.{layer}.mlp.down_proj"),
        ],
    };

    private static readonly GgufArchitecture Olmo2 = new()
    {
        Name = "olmo2",
        ModelType = "olmo2",
        Keys = Shape,
        Implied = [("hidden_act", "\"silu\"", "llama.cpp, models/olmo2.cpp: LLM_FFN_SILU")],
        Biases = [("attention_bias", "blk.0.attn_q.bias")],
        Tensors =
        [
            .. Ends, .. Attention, .. HeadNorms, .. Mlp,
            new("blk.{layer}.post_attention_norm", "model.layers.{layer}.post_attention_layernorm"),
            new("blk.{layer}.post_ffw_norm", "model.layers.{layer}.post_feedforward_layernorm"),
        ],
    };

    private static readonly GgufArchitecture Granite = new()
    {
        Name = "granite",
        ModelType = "granite",
        Keys =
        [
            .. Shape,
            GgufKey.Number("logit_scale", "logits_scaling"),
            GgufKey.Number("residual_scale", "residual_multiplier", "1", "llama.cpp, models/granite.cpp: not scaled"),
            GgufKey.Number("embedding_scale", "embedding_multiplier", "1", "llama.cpp, llama-graph.cpp: not scaled"),
            GgufKey.Number("attention.scale", "attention_multiplier", "", "llama.cpp, models/granite.cpp: 1 over the root of the head's width") with
            {
                Default = c => (1 / Math.Sqrt((double)c.Number("hidden_size") / Math.Max(1, c.Number("num_attention_heads")))).ToString("R"),
            },
        ],
        Implied = [("hidden_act", "\"silu\"", "llama.cpp, models/granite.cpp: LLM_FFN_SILU")],
        Biases = LlamaBiases,
        Tensors = [.. Ends, .. Norms, .. InterleavedAttention, .. Mlp],
    };

    private static readonly GgufArchitecture Gpt2 = new()
    {
        Name = "gpt2",
        ModelType = "gpt2",
        Rotary = false,
        WidthKeys = ("n_embd", "n_head"),
        Keys =
        [
            GgufKey.Whole("context_length", "n_positions"),
            GgufKey.Whole("embedding_length", "n_embd"),
            GgufKey.Whole("block_count", "n_layer"),
            GgufKey.Whole("feed_forward_length", "n_inner"),
            GgufKey.Whole("attention.head_count", "n_head"),
            GgufKey.Number("attention.layer_norm_epsilon", "layer_norm_epsilon"),
        ],
        Implied = [("activation_function", "\"gelu_new\"", "llama.cpp, models/gpt2.cpp: LLM_FFN_GELU, the tanh form")],
        Tensors =
        [
            new("token_embd", "transformer.wte"),
            new("position_embd", "transformer.wpe"),
            new("output_norm", "transformer.ln_f"),
            new("output", "lm_head"),
            new("blk.{layer}.attn_norm", "transformer.h.{layer}.ln_1"),
            new("blk.{layer}.attn_qkv", "transformer.h.{layer}.attn.c_attn", GgufChange.Transposed),
            new("blk.{layer}.attn_output", "transformer.h.{layer}.attn.c_proj", GgufChange.Transposed),
            new("blk.{layer}.ffn_norm", "transformer.h.{layer}.ln_2"),
            new("blk.{layer}.ffn_up", "transformer.h.{layer}.mlp.c_fc", GgufChange.Transposed),
            new("blk.{layer}.ffn_down", "transformer.h.{layer}.mlp.c_proj", GgufChange.Transposed),
        ],
    };

    /// <summary>All of them; llama without and with experts.</summary>
    public static ImmutableArray<GgufArchitecture> All { get; } = [Gemma, Gemma2, Gpt2, Granite, Llama, Mixtral, Olmo2, Phi3, Qwen2, Qwen3, Qwen3Moe];
}
