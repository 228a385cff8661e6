"""PyTorch's side of the benchmark: a Llama forward of torch's own modules that reads our safetensors file.

Commands come as JSON lines on standard input, answers leave as JSON lines on standard output:
{"load": folder, "dtype": "float32", "threads": 2}  ->  {"version": "..."}
{"score": [[ids], ...]}                             ->  {"seconds": s, "nll": mean over all tokens but each first}
"""
import json
import struct
import sys
import time

import torch
from torch import nn


def read(path):
    """All tensors of a safetensors file, as float32."""
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        data = bytearray(file.read())
    types = {"BF16": torch.bfloat16, "F16": torch.float16, "F32": torch.float32}
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        start, end = entry["data_offsets"]
        flat = torch.frombuffer(memoryview(data)[start:end], dtype=types[entry["dtype"]])
        tensors[name] = flat.reshape(entry["shape"]).to(torch.float32)
    return tensors


class Norm(nn.Module):
    def __init__(self, weight, eps):
        super().__init__()
        self.weight, self.eps = nn.Parameter(weight, False), eps

    def forward(self, x):
        wide = x.to(torch.float32)
        return self.weight * (wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + self.eps)).to(x.dtype)


def linear(weight):
    module = nn.Linear(weight.shape[1], weight.shape[0], bias=False)
    module.weight = nn.Parameter(weight, False)
    return module


class Block(nn.Module):
    def __init__(self, weights, prefix, config):
        super().__init__()
        eps = config["rms_norm_eps"]
        self.heads, self.kv = config["num_attention_heads"], config["num_key_value_heads"]
        self.size = config.get("head_dim") or config["hidden_size"] // self.heads
        self.norm1 = Norm(weights[prefix + "input_layernorm.weight"], eps)
        self.norm2 = Norm(weights[prefix + "post_attention_layernorm.weight"], eps)
        for name in ("q", "k", "v", "o"):
            setattr(self, name, linear(weights[prefix + f"self_attn.{name}_proj.weight"]))
        for name in ("gate", "up", "down"):
            setattr(self, name, linear(weights[prefix + f"mlp.{name}_proj.weight"]))

    def forward(self, x, cos, sin, mask):
        batch, length, _ = x.shape
        h = self.norm1(x)
        q = self.q(h).view(batch, length, self.heads, self.size).transpose(1, 2)
        k = self.k(h).view(batch, length, self.kv, self.size).transpose(1, 2)
        v = self.v(h).view(batch, length, self.kv, self.size).transpose(1, 2)
        q, k = rotate(q, cos, sin), rotate(k, cos, sin)
        k = k.repeat_interleave(self.heads // self.kv, 1)
        v = v.repeat_interleave(self.heads // self.kv, 1)
        if hasattr(nn.functional, "scaled_dot_product_attention"):
            a = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        else:
            a = torch.softmax(q @ k.transpose(2, 3) * self.size ** -0.5 + mask, -1) @ v
        x = x + self.o(a.transpose(1, 2).reshape(batch, length, self.heads * self.size))
        h = self.norm2(x)
        return x + self.down(nn.functional.silu(self.gate(h)) * self.up(h))


def rotate(x, cos, sin):
    half = x.shape[-1] // 2
    return x * cos + torch.cat((-x[..., half:], x[..., :half]), -1) * sin


class Model(nn.Module):
    def __init__(self, folder):
        super().__init__()
        with open(folder + "/config.json", encoding="utf-8") as file:
            config = json.load(file)
        weights = read(folder + "/model.safetensors")
        self.embed = nn.Embedding.from_pretrained(weights["model.embed_tokens.weight"])
        self.blocks = nn.ModuleList(Block(weights, f"model.layers.{i}.", config) for i in range(config["num_hidden_layers"]))
        self.norm = Norm(weights["model.norm.weight"], config["rms_norm_eps"])
        self.head = linear(weights.get("lm_head.weight", weights["model.embed_tokens.weight"]))
        self.size = self.blocks[0].size
        rope = config.get("rope_parameters") or {}
        self.theta = rope.get("rope_theta", config.get("rope_theta", 10000.0))

    def forward(self, ids):
        length = ids.shape[1]
        x = self.embed(ids)
        angles = torch.arange(length).float()[:, None] * self.theta ** (-torch.arange(0, self.size, 2).float() / self.size)
        angles = torch.cat((angles, angles), -1)
        cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
        mask = torch.full((length, length), float("-inf")).triu(1).to(x.dtype)
        for block in self.blocks:
            x = block(x, cos, sin, mask)
        return self.head(self.norm(x))


def main():
    model = None
    for line in sys.stdin:
        request = json.loads(line)
        if "load" in request:
            torch.set_num_threads(request["threads"])
            model = Model(request["load"]).to(getattr(torch, request["dtype"])).eval()
            answer = {"version": torch.__version__}
        else:
            ids = torch.tensor(request["score"])
            with torch.inference_mode():
                start = time.perf_counter()
                logits = model(ids[:, :-1])
                nll = nn.functional.cross_entropy(logits.flatten(0, 1).float(), ids[:, 1:].flatten())
                answer = {"seconds": time.perf_counter() - start, "nll": nll.item()}
        print(json.dumps(answer), flush=True)


main()
