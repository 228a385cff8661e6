"""Writes <name>.safetensors beside this file: logits.<i> (length, vocabulary) of two golden models, computed in float64 from the stored bf16 weights.

    python3 exact_logits.py FOLDER_OF_GOLDEN_MODELS     (needs numpy only)

transformers' own float32 results for these two differ from float64 by more than other architectures' do (2.5e-4 for gpt_oss, 1.9e-3 for qwen3_next; the last
column printed), since their random weights amplify rounding from layer to layer. A forward pass is therefore held to these as well.
Formulas: transformers, modeling_gpt_oss.py, modeling_qwen3_next.py (recurrent form of the gated delta rule), modeling_rope_utils.py (YaRN).
"""
import json
import math
import struct
import sys
from pathlib import Path

import numpy as np


def load(path):
    data = Path(path).read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    tensors = {}
    for name, entry in json.loads(data[8:8 + size]).items():
        if name == "__metadata__":
            continue
        first, end = entry["data_offsets"]
        raw = data[8 + size + first:8 + size + end]
        values = (np.frombuffer(raw, np.uint16).astype(np.uint32) << 16).view(np.float32) if entry["dtype"] == "BF16" else np.frombuffer(raw, {"F32": np.float32, "I64": np.int64}[entry["dtype"]])
        tensors[name] = values.reshape(entry["shape"])
    return tensors


def rms(x, gain, epsilon):
    return x / np.sqrt((x * x).mean(-1, keepdims=True) + epsilon) * gain


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def attention(q, k, v, scale, window=None, sinks=None):
    """q (T, heads, size), k and v (T, kv heads, size)."""
    length, heads = q.shape[:2]
    seen = np.tril(np.ones((length, length), bool))
    if window:
        seen &= ~np.tril(np.ones((length, length), bool), -window)
    mixed = np.zeros(q.shape[:2] + v.shape[2:])
    for h in range(heads):
        other = h * k.shape[1] // heads
        s = np.where(seen, q[:, h] @ k[:, other].T * scale, -np.inf)
        most = s.max(1) if sinks is None else np.maximum(s.max(1), sinks[h])
        e = np.exp(s - most[:, None])
        mixed[:, h] = e / (e.sum(1) + (0 if sinks is None else np.exp(sinks[h] - most)))[:, None] @ v[:, other]
    return mixed.reshape(length, -1)


def rotate(x, angles, factor=1.0):
    half = angles.shape[1]
    a, b, rest = x[..., :half], x[..., half:2 * half], x[..., 2 * half:]
    cosine, sine = np.cos(angles)[:, None] * factor, np.sin(angles)[:, None] * factor
    return np.concatenate([a * cosine - b * sine, b * cosine + a * sine, rest], -1)


def gpt_oss(w, ids):
    size, theta, factor, original = 16, 150000.0, 32.0, 4096
    periods = theta ** (np.arange(0, size, 2) / size)
    bound = lambda turns: size * math.log(original / (turns * 2 * math.pi)) / (2 * math.log(theta))
    low, high = max(bound(32), 0), min(bound(1), size - 1)
    ramp = np.clip((np.arange(size // 2) - low) / (high - low), 0, 1)
    angles = np.arange(len(ids))[:, None] * (ramp / (factor * periods) + (1 - ramp) / periods)
    x = w["model.embed_tokens.weight"][ids]
    for layer in range(4):
        p = f"model.layers.{layer}."
        h = rms(x, w[p + "input_layernorm.weight"], 1e-5)
        q, k, v = ((h @ w[f"{p}self_attn.{n}_proj.weight"].T + w[f"{p}self_attn.{n}_proj.bias"]).reshape(len(ids), -1, size) for n in "qkv")
        turn = lambda y: rotate(y, angles, .1 * math.log(factor) + 1)
        mixed = attention(turn(q), turn(k), v, size ** -.5, 16 if layer % 2 == 0 else None, w[p + "self_attn.sinks"])
        x = x + mixed @ w[p + "self_attn.o_proj.weight"].T + w[p + "self_attn.o_proj.bias"]
        h = rms(x, w[p + "post_attention_layernorm.weight"], 1e-5)
        scores = h @ w[p + "mlp.router.weight"].T + w[p + "mlp.router.bias"]
        added = np.zeros_like(x)
        for t in range(len(ids)):
            chosen = np.argsort(-scores[t], kind="stable")[:2]
            weights = np.exp(scores[t][chosen] - scores[t][chosen].max())
            for e, weight in zip(chosen, weights / weights.sum()):
                both = h[t] @ w[p + "mlp.experts.gate_up_proj"][e] + w[p + "mlp.experts.gate_up_proj_bias"][e]
                gate, up = np.minimum(both[::2], 7), np.clip(both[1::2], -7, 7)
                added[t] += weight * ((up + 1) * gate * sigmoid(1.702 * gate) @ w[p + "mlp.experts.down_proj"][e] + w[p + "mlp.experts.down_proj_bias"][e])
        x = x + added
    return rms(x, w["model.norm.weight"], 1e-5) @ w["lm_head.weight"].T


def qwen3_next(w, ids):
    length = len(ids)
    silu = lambda y: y * sigmoid(y)
    norm = lambda y, name: rms(y, 1 + w[name], 1e-6)
    unit = lambda y: y / np.sqrt((y * y).sum(-1, keepdims=True) + 1e-6)
    mlp = lambda y, p: silu(y @ w[p + "gate_proj.weight"].T) * (y @ w[p + "up_proj.weight"].T) @ w[p + "down_proj.weight"].T
    angles = np.arange(length)[:, None] / 10000.0 ** (np.arange(0, 4, 2) / 4)
    x = w["model.embed_tokens.weight"][ids]
    for layer in range(4):
        p = f"model.layers.{layer}."
        h = norm(x, p + "input_layernorm.weight")
        if layer < 3:
            a = p + "linear_attn."
            fused = (h @ w[a + "in_proj_qkvz.weight"].T).reshape(length, 2, 96)
            two = (h @ w[a + "in_proj_ba.weight"].T).reshape(length, 2, 4)
            z, beta, decay = fused[..., 64:].reshape(length, 4, 16), sigmoid(two[..., :2].reshape(length, 4)), two[..., 2:].reshape(length, 4)
            mixed = np.concatenate([fused[..., :16].reshape(length, -1), fused[..., 16:32].reshape(length, -1), fused[..., 32:64].reshape(length, -1)], -1)
            padded, taps = np.concatenate([np.zeros((3, 128)), mixed]), w[a + "conv1d.weight"][:, 0]
            mixed = silu(sum(padded[j:j + length] * taps[:, j] for j in range(4)))
            q, k, v = unit(mixed[:, :32].reshape(length, 2, 16)) / 4, unit(mixed[:, 32:64].reshape(length, 2, 16)), mixed[:, 64:].reshape(length, 4, 16)
            g = -np.exp(w[a + "A_log"]) * np.log1p(np.exp(decay + w[a + "dt_bias"]))
            out = np.zeros((length, 4, 16))
            for head in range(4):
                state = np.zeros((16, 16))
                for t in range(length):
                    state = state * np.exp(g[t, head])
                    state = state + np.outer(k[t, head // 2], (v[t, head] - state.T @ k[t, head // 2]) * beta[t, head])
                    out[t, head] = state.T @ q[t, head // 2]
            x = x + (rms(out, w[a + "norm.weight"], 1e-6) * silu(z)).reshape(length, -1) @ w[a + "out_proj.weight"].T
        else:
            a = p + "self_attn."
            both = (h @ w[a + "q_proj.weight"].T).reshape(length, 4, 32)
            k, v = ((h @ w[f"{a}{n}_proj.weight"].T).reshape(length, 2, 16) for n in "kv")
            mixed = attention(rotate(norm(both[..., :16], a + "q_norm.weight"), angles), rotate(norm(k, a + "k_norm.weight"), angles), v, .25)
            x = x + mixed * sigmoid(both[..., 16:].reshape(length, -1)) @ w[a + "o_proj.weight"].T
        h = norm(x, p + "post_attention_layernorm.weight")
        scores = h @ w[p + "mlp.gate.weight"].T
        odds = np.exp(scores - scores.max(1, keepdims=True))
        added = sigmoid(h @ w[p + "mlp.shared_expert_gate.weight"].T) * mlp(h, p + "mlp.shared_expert.")
        for t in range(length):
            chosen = np.argsort(-odds[t], kind="stable")[:2]
            for e in chosen:
                added[t] += odds[t, e] / odds[t, chosen].sum() * mlp(h[t], f"{p}mlp.experts.{e}.")
        x = x + added
    return norm(x, "model.norm.weight") @ w["lm_head.weight"].T


def save(path, tensors):
    header, data = {}, b""
    for name, values in tensors.items():
        raw = values.astype("<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(values.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


for name, forward in (("gpt_oss", gpt_oss), ("qwen3_next", qwen3_next)):
    folder = Path(sys.argv[1]) / name
    weights = {k: v.astype(np.float64) for k, v in load(folder / "model.safetensors").items()}
    golden, exact = load(folder / "golden.safetensors"), {}
    for i in range(3):
        exact[f"logits.{i}"] = forward(weights, golden[f"ids.{i}"])
        print(name, i, f"{abs(exact[f'logits.{i}'] - golden[f'logits.{i}']).max():.2e}", flush=True)
    save(Path(__file__).resolve().parent / f"{name}.safetensors", exact)
