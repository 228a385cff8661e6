// One npm package on one text: node tokenizer_peer.mjs PACKAGE TOKENIZER_FOLDER WARM_TEXT TEXT [ROUNDS]
// The code is warmed on another text with another instance; then a fresh instance, whose caches are cold, encodes the text once.
// Prints one line of JSON: {"version", "seconds", "ids", "loadSeconds", "sum"}.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const [name, folder, warmFile, file] = process.argv.slice(2);
const require = createRequire(join(process.cwd(), "x.js"));
const warm = readFileSync(warmFile, "utf8"), text = readFileSync(file, "utf8");
const now = () => Number(process.hrtime.bigint()) / 1e9;
const json = join(folder, "tokenizer.json");
const native = (module) => () => {
  const tokenizer = module.Tokenizer.fromFile(json);
  return async (t) => (await tokenizer.encode(t, null, { addSpecialTokens: false })).getIds();
};
const makers = {
  "tokenizers": () => native(require("tokenizers")),
  "@anush008/tokenizers": () => native(require("@anush008/tokenizers")),
  "@huggingface/tokenizers": () => {
    const { Tokenizer } = require("@huggingface/tokenizers");
    return () => {
      const tokenizer = new Tokenizer(JSON.parse(readFileSync(json, "utf8")), JSON.parse(readFileSync(join(folder, "tokenizer_config.json"), "utf8")));
      return (t) => tokenizer.encode(t, { add_special_tokens: false }).ids;
    };
  },
  "tiktoken": () => {
    const { get_encoding } = require("tiktoken");
    return () => { const e = get_encoding("gpt2"); return (t) => e.encode_ordinary(t); };
  },
  "js-tiktoken": () => {
    const { Tiktoken } = require("js-tiktoken/lite");
    const ranks = require("js-tiktoken/ranks/gpt2");
    return () => { const e = new Tiktoken(ranks.default ?? ranks); return (t) => e.encode(t, [], []); };
  },
  "gpt-tokenizer": () => {
    const { GptEncoding } = require("gpt-tokenizer/GptEncoding");
    const ranks = require("gpt-tokenizer/bpeRanks/r50k_base");
    return () => {
      const e = GptEncoding.getEncodingApi("r50k_base", () => ranks.default ?? ranks);
      return (t) => e.encode(t);
    };
  },
};
const root = require.resolve.paths(name)[0];
const version = JSON.parse(readFileSync(join(root, name, "package.json"), "utf8")).version;
const make = makers[name]();
await (await make())(warm);
let start = now();
const encode = await make();
const loadSeconds = now() - start;
start = now();
const ids = await encode(text);
const seconds = now() - start;
let sum = 0;
for (let i = 0; i < ids.length; i++) sum = (sum * 31 + ids[i]) % 1000000007;
console.log(JSON.stringify({ version, seconds, ids: ids.length, loadSeconds, sum }));
