// Writes behaviours.json beside this file: what the reference library (npm's `tokenizers`, Hugging Face's own binding) does with settings and texts that no published file shows.
//
//     npm install tokenizers@0.23.2 && node make_behaviours.mjs
//
// {"normalizers": [{"component", "rows": [[text, result]]}], "preTokenizers": [{"component", "rows": [[text, [piece]]]}],
//  "decoders": [{"component", "rows": [[[token], text]]}], "tokenizers": [{"name", "json", "rows": [[text, [id], decoded, decoded without special tokens]]}]}
// A result is null where the library refuses.
import { createRequire } from "node:module";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const require = createRequire(join(process.cwd(), "x.js"));
const { Tokenizer } = require("tokenizers");
const version = JSON.parse(readFileSync(require.resolve("tokenizers/package.json"), "utf8")).version;

const texts = [
  "a", "Hello, world!", " two  spaces ", "tab\tnew\nline\r\n", "It's 1234 o'clock", "don't DO'LL 've", "naïve Café É e\u0301", "ﬁ Å ½ ² ① Ⅷ", "漢字 and かな カナ", "𠀀𝒜😀👍🏽 🇩🇪",
  "a\u0085b\u180ec\u00a0d\u3000e", "ſtraße \u212Aelvin İstanbul ǅ", "-- a-b - c--", "...!?.. ?!", "x=1+2<3>$4^5`6|7~8", "\u2e43\u166d\u00a7\u00b6\u060c\u0964", "zero\u200bwidth\u200cjoin\u200d\ufeffer",
  "\u0000nul\u0007bel\u007fdel\ufffdrep\ue000pua", "snake_case UPPER lower", "▁already ▁▁ marked", "ĠGPT Ċ ġ", "한글 ㄱㅏ ไทย தமிழ் العربية עברית", "1a2 3,4.5 ٣٤ ५", "  ", "\n\n \t", "é́̂ a\u0323\u0301", "<t> x<t>y <t>", "aaaa aaab", "\u1734\ua9bd\u1885 \u0fd9\u1056f", "a\u{1F130}\u{24B6} b\u00b2c\u00bc",
];
const of = (field, component) => Tokenizer.fromString(JSON.stringify({
  version: "1.0", truncation: null, padding: null, added_tokens: [], normalizer: null, pre_tokenizer: null, post_processor: null, decoder: null,
  model: { type: "BPE", dropout: null, unk_token: null, continuing_subword_prefix: null, end_of_word_suffix: null, fuse_unk: false, byte_fallback: false, vocab: { a: 0 }, merges: [] }, [field]: component,
}));
const attempt = (f) => { try { return f(); } catch { return null; } };

const bert = (clean_text, handle_chinese_chars, strip_accents, lowercase) => ({ type: "BertNormalizer", clean_text, handle_chinese_chars, strip_accents, lowercase });
const replace = (pattern, content) => ({ type: "Replace", pattern, content });
const normalizers = [
  { type: "NFC" }, { type: "NFD" }, { type: "NFKC" }, { type: "NFKD" }, { type: "StripAccents" }, { type: "Nmt" }, { type: "Lowercase" }, { type: "Prepend", prepend: "▁" },
  { type: "Strip", strip_left: true, strip_right: false }, { type: "Strip", strip_left: false, strip_right: true }, { type: "Strip", strip_left: true, strip_right: true },
  replace({ String: " " }, "▁"), replace({ String: "aa" }, "b"), replace({ Regex: "\\s+" }, " "), replace({ Regex: "[0-9]" }, ""), replace({ Regex: "(?i:a)b?" }, "<$1>"),
  bert(true, true, null, true), bert(true, true, null, false), bert(false, true, true, false), bert(true, false, false, true), bert(false, false, true, true), bert(false, false, false, false),
  { type: "Sequence", normalizers: [{ type: "NFD" }, { type: "StripAccents" }, { type: "Lowercase" }] }, { type: "Sequence", normalizers: [{ type: "Prepend", prepend: "_" }, { type: "Strip", strip_left: true, strip_right: true }, replace({ String: " " }, "")] },
].map((component) => ({ component, rows: texts.map((t) => [t, attempt(() => of("normalizer", component).getNormalizer().normalizeString(t))]) }));

const behaviours = ["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"];
const split = (pattern, behavior, invert) => ({ type: "Split", pattern, behavior, invert });
const preTokenizers = [
  ...["always", "first", "never"].flatMap((prepend_scheme) => [true, false].map((s) => ({ type: "Metaspace", replacement: "▁", prepend_scheme, split: s }))),
  { type: "Whitespace" }, { type: "WhitespaceSplit" }, { type: "BertPreTokenizer" }, { type: "Digits", individual_digits: true }, { type: "Digits", individual_digits: false },
  ...behaviours.map((behavior) => ({ type: "Punctuation", behavior })),
  ...[true, false].flatMap((a) => [true, false].map((r) => ({ type: "ByteLevel", add_prefix_space: a, trim_offsets: true, use_regex: r }))),
  ...behaviours.flatMap((b) => [false, true].flatMap((i) => [split({ String: " " }, b, i), split({ String: "a" }, b, i), split({ Regex: "\\d+|[!?.-]" }, b, i), split({ Regex: "\\p{Lu}" }, b, i), split({ Regex: "x*" }, b, i)])),
  split({ Regex: "[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+" }, "Isolated", false), split({ Regex: "\\p{Han}+|[\\p{M}\\p{S}]+|\\W" }, "Isolated", false), split({ Regex: "(?i:'s|ſ|k)|\\w+?(?=[aeiou ])" }, "Contiguous", false),
  { type: "Sequence", pretokenizers: [{ type: "Digits", individual_digits: true }, { type: "Punctuation", behavior: "Contiguous" }, { type: "Metaspace", replacement: "▁", prepend_scheme: "first", split: true }] },
  { type: "Sequence", pretokenizers: [{ type: "WhitespaceSplit" }, { type: "Metaspace", replacement: "▁", prepend_scheme: "first", split: true }] },
  { type: "Sequence", pretokenizers: [{ type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true }, { type: "Digits", individual_digits: false }, split({ Regex: "[0-9][0-9][0-9]" }, "Isolated", false)] },
].map((component) => ({ component, rows: texts.map((t) => [t, attempt(() => of("pre_tokenizer", component).getPreTokenizer().preTokenizeString(t).map(([piece]) => piece))]) }));

const tokenLists = [["a"], ["▁Hello", "▁world", "!"], ["Hello", "##lo", "do", "not", "'", "s", ".", ","], ["he</w>", "l", "lo</w>", "x</w>"], ["<0xE6>", "<0xBC>", "<0xA2>", "a", "<0xFF>", "<0x0a>", "b"], ["ĠHello", "Ċ", "Ã©", "漢", "Ġ"], [" a ", "  b", "c  "], ["a", " n't", " 'm", " do not", "##", "##x ,"], ["▁", "▁▁a", "b▁c", "</w></w>"]];
const decoders = [
  { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true }, { type: "ByteFallback" }, { type: "Fuse" }, { type: "BPEDecoder", suffix: "</w>" }, { type: "BPEDecoder", suffix: "" }, replace({ String: "▁" }, " "), replace({ Regex: "[ab]+" }, "."),
  { type: "WordPiece", prefix: "##", cleanup: true }, { type: "WordPiece", prefix: "##", cleanup: false }, { type: "WordPiece", prefix: "", cleanup: true },
  ...["always", "first", "never"].map((prepend_scheme) => ({ type: "Metaspace", replacement: "▁", prepend_scheme, split: true })),
  { type: "Strip", content: " ", start: 1, stop: 0 }, { type: "Strip", content: " ", start: 2, stop: 2 }, { type: "Strip", content: "a", start: 0, stop: 1 },
  { type: "Sequence", decoders: [replace({ String: "▁" }, " "), { type: "ByteFallback" }, { type: "Fuse" }, { type: "Strip", content: " ", start: 1, stop: 0 }] },
].map((component) => ({ component, rows: tokenLists.map((tokens) => [tokens, attempt(() => of("decoder", component).getDecoder().decode(tokens))]) }));

const entries = (list) => Object.fromEntries(list.map((t, i) => [t, i]));
const added = (id, content, flags = {}) => ({ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true, ...flags });
const bpe = (vocab, merges, more = {}) => ({ type: "BPE", dropout: null, unk_token: null, continuing_subword_prefix: null, end_of_word_suffix: null, fuse_unk: false, byte_fallback: false, vocab: entries(vocab), merges, ...more });
const unigram = (vocab, more = {}) => ({ type: "Unigram", unk_id: 0, byte_fallback: false, vocab, ...more });
const wordpiece = (vocab, more = {}) => ({ type: "WordPiece", unk_token: "[UNK]", continuing_subword_prefix: "##", max_input_chars_per_word: 100, vocab: entries(vocab), ...more });
const whole = (model, more = {}) => ({ version: "1.0", truncation: null, padding: null, added_tokens: [], normalizer: null, pre_tokenizer: null, post_processor: null, decoder: null, model, ...more });
const letters = ["<unk>", "a", "b", "c", "d", "e", " ", "H", "l", "o", "▁", "x", "t", "é", "漢", "😀", "1"];
const bytes = Array.from({ length: 256 }, (_, b) => `<0x${b.toString(16).toUpperCase().padStart(2, "0")}>`);
const flags = [];
for (const lstrip of [false, true]) for (const rstrip of [false, true]) for (const single_word of [false, true]) for (const normalized of [false, true]) flags.push({ lstrip, rstrip, single_word, normalized });
const joins = [["a", "a"], ["l", "l"], ["aa", "aa"], ["H", "e"], ["ll", "o"], ["a", "b"], ["▁", "a"], ["aa", "b"], [" ", "a"], ["é", "漢"]];
const joined = [...letters, ...joins.map(([x, y]) => x + y)];
const tokenizers = [
  ...flags.map((f) => [`added token ${JSON.stringify(f)}`, whole(bpe(letters, []), { normalizer: { type: "Lowercase" }, added_tokens: [added(17, "<t>", f), added(18, "Hello", { ...f, special: false })] })]),
  ["added tokens that begin alike", whole(bpe(letters, []), { added_tokens: [added(17, "aa"), added(18, "aaa"), added(19, "aaab"), added(20, "ab")] })],
  ["added tokens in upper case, normalized", whole(bpe(letters, []), { normalizer: { type: "Lowercase" }, added_tokens: [added(17, "NAÏVE", { normalized: true, special: true }), added(18, "naïve", { normalized: false, special: false })] })],
  ["merges as pairs", whole(bpe(joined, joins))],
  ["merges as strings", whole(bpe(joined.filter((t) => t !== " a"), joins.filter(([x]) => x !== " ").map(([x, y]) => `${x} ${y}`)))],
  ["merges listed twice", whole(bpe(joined, [...joins, ["a", "a"], ["a", "b"]]))],
  ["unknown", whole(bpe(joined, joins, { unk_token: "<unk>" }))],
  ["unknown, fused", whole(bpe(joined, joins, { unk_token: "<unk>", fuse_unk: true }))],
  ["fallback to bytes", whole(bpe([...joined, ...bytes], joins, { unk_token: "<unk>", fuse_unk: true, byte_fallback: true }), { decoder: { type: "ByteFallback" } })],
  ["fallback to some bytes", whole(bpe([...joined, ...bytes.slice(0, 0xe0)], joins, { unk_token: "<unk>", fuse_unk: true, byte_fallback: true }), { decoder: { type: "ByteFallback" } })],
  ["merges of bytes", whole(bpe([...joined, ...bytes, "<0xC3><0x9F>"], [...joins, ["<0xC3>", "<0x9F>"]], { byte_fallback: true }))],
  ["ignored merges", whole(bpe(joined, joins, { unk_token: "<unk>", ignore_merges: true }), { pre_tokenizer: { type: "WhitespaceSplit" } })],
  ["suffix", whole(bpe([...letters, "a</w>", "b</w>", "o</w>", "!</w>", "aa</w>"], [["a", "a</w>"]], { unk_token: "<unk>", end_of_word_suffix: "</w>" }), { pre_tokenizer: { type: "WhitespaceSplit" }, decoder: { type: "BPEDecoder", suffix: "</w>" } })],
  ["prefix", whole(bpe([...letters, "##a", "##b", "##l", "##o", "aa", "##ll"], [["a", "##a"], ["##l", "##l"]], { unk_token: "<unk>", continuing_subword_prefix: "##" }), { pre_tokenizer: { type: "WhitespaceSplit" } })],
  ["byte level without all stand-ins", whole(bpe([..."abcdefghijklmnopqrstuvwxyzĠ"], []), { pre_tokenizer: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true }, decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true } })],
  ["unigram", whole(unigram([["<unk>", 0], ["a", -2], ["aa", -3.5], ["aaa", -6], ["b", -2], ["ab", -4], ["▁", -2.5], ["▁a", -3], ["l", -3], ["o", -3], ["lo", -6], ["e", -3], ["H", -3], [" ", -1], ["漢", -5]]))],
  ["unigram, ties", whole(unigram([["<unk>", 0], ["a", -1], ["aa", -2], ["aaa", -3], ["b", -1], ["ab", -2], ["aab", -3], [" ", -1]]))],
  ["unigram with bytes", whole(unigram([["<unk>", 0], ["a", -1], [" ", -1], ...bytes.map((b) => [b, -9])], { byte_fallback: true }), { decoder: { type: "ByteFallback" } })],
  ["unigram without unknown", whole(unigram([["a", -1], [" ", -1]], { unk_id: null }))],
  ["unigram that spells its unknown", whole(unigram([["<unk>", 0], ["<t>", -4], ["t", -1], ["é́", -3], [" ", -1]]))],
  ["wordpiece", whole(wordpiece(["[UNK]", "a", "##a", "##b", "aaa", "he", "##llo", "hello", "##ll", ",", "1", "##2", "漢", "##字", "!"]), { normalizer: bert(true, true, null, true), pre_tokenizer: { type: "BertPreTokenizer" }, decoder: { type: "WordPiece", prefix: "##", cleanup: true } })],
  ["wordpiece with short words", whole(wordpiece(["[UNK]", "a", "##a", "##b", "a##a", "##"], { max_input_chars_per_word: 3 }), { pre_tokenizer: { type: "WhitespaceSplit" } })],
  ["wordpiece without prefix", whole(wordpiece(["[UNK]", "a", "aa", "b", "aaab", "x"], { continuing_subword_prefix: "" }), { pre_tokenizer: { type: "WhitespaceSplit" } })],
  ["template around", whole(bpe(letters, []), { added_tokens: [added(17, "<s>"), added(18, "</s>")], post_processor: { type: "TemplateProcessing", single: [{ SpecialToken: { id: "<s>", type_id: 0 } }, { Sequence: { id: "A", type_id: 0 } }, { SpecialToken: { id: "</s>", type_id: 0 } }], pair: [{ Sequence: { id: "A", type_id: 0 } }, { Sequence: { id: "B", type_id: 1 } }], special_tokens: { "<s>": { id: "<s>", ids: [17], tokens: ["<s>"] }, "</s>": { id: "</s>", ids: [18, 17], tokens: ["</s>", "<s>"] } } } })],
];
const cases = [];
for (const [name, json] of tokenizers) {
  const tokenizer = Tokenizer.fromString(JSON.stringify(json));
  const rows = [];
  for (const t of texts) {
    try {
      const ids = (await tokenizer.encode(t, null, { addSpecialTokens: true })).getIds();
      rows.push([t, ids, ids.length ? await tokenizer.decode(ids, false) : "", ids.length ? await tokenizer.decode(ids, true) : ""]);
    } catch {
      rows.push([t, null, null, null]);
    }
  }
  cases.push({ name, json, rows });
}
const lines = (list) => `[\n${list.map((x) => JSON.stringify(x)).join(",\n")}\n]`;
writeFileSync(join(dirname(fileURLToPath(import.meta.url)), "behaviours.json"),
  `{"tokenizers library": "${version}",\n"normalizers": ${lines(normalizers)},\n"preTokenizers": ${lines(preTokenizers)},\n"decoders": ${lines(decoders)},\n"tokenizers": ${lines(cases)}}\n`);
