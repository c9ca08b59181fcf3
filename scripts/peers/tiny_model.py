"""Writes a language model of random weights in the GGUF format, half a megabyte large: it knows nothing and says nothing,
but a real server loads it, holds it to a schema and streams what it says.

    python3 scripts/peers/tiny_model.py FILE

One token for each byte and each printable letter, two layers of 64. The weights are noise around a constant direction, so that
the letters come about as often as in English and strings are closed soon. The same file each time. Needs nothing but Python.
"""

import random
import struct
import sys
from array import array

WIDTH, LAYERS, HEADS, INNER, CONTEXT = 64, 2, 4, 128, 16384
NORMAL, UNKNOWN, CONTROL, BYTE = 1, 2, 3, 6  # kinds of tokens
CHATML = (
    "{% for m in messages %}<|im_start|>{{m['role']}}\n{{m['content']}}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def vocabulary():
    tokens = [("<unk>", UNKNOWN), ("<s>", CONTROL), ("</s>", CONTROL)]
    tokens += [(f"<0x{byte:02X}>", BYTE) for byte in range(256)]
    tokens += [("\u2581", NORMAL)] + [(chr(letter), NORMAL) for letter in range(33, 127)]
    return tokens + [("<|im_start|>", CONTROL), ("<|im_end|>", CONTROL)]


def how_often(token, number):
    """What is added to the score of a token: how often it comes."""
    if number < 3 or token == "<|im_start|>":
        return -12.0
    if number < 259:
        return -8.0
    marks = {"\u2581": 2.6, '"': 3.2, ",": 1.0, "}": 2.0, "]": 2.0, "<|im_end|>": 1.5}
    letters = "etaoinshrdlu"
    if token in letters:
        return 2.4 - 1.2 * letters.index(token) / (len(letters) - 1)
    return 0.4 if token in "bcfgmpvwy" else marks.get(token, 0.0)


def tensors(tokens):
    """Name, shape (the row first) and values of each tensor."""
    dice = random.Random(7)

    def noise(count, around=0.0, spread=0.05):
        return array("f", (dice.gauss(around, spread) for _ in range(count)))

    def ones(count):
        return array("f", [1.0] * count)

    yield "token_embd.weight", (WIDTH, len(tokens)), noise(WIDTH * len(tokens), 1.0, 0.35)
    yield "output_norm.weight", (WIDTH,), ones(WIDTH)
    scores = array("f")
    for number, (token, _) in enumerate(tokens):
        scores.extend(noise(WIDTH, how_often(token, number) / WIDTH, 0.02))
    yield "output.weight", (WIDTH, len(tokens)), scores
    for layer in range(LAYERS):
        block = f"blk.{layer}."
        yield block + "attn_norm.weight", (WIDTH,), ones(WIDTH)
        yield block + "ffn_norm.weight", (WIDTH,), ones(WIDTH)
        for part in ("q", "k", "v", "output"):
            yield f"{block}attn_{part}.weight", (WIDTH, WIDTH), noise(WIDTH * WIDTH)
        yield block + "ffn_gate.weight", (WIDTH, INNER), noise(WIDTH * INNER)
        yield block + "ffn_up.weight", (WIDTH, INNER), noise(WIDTH * INNER)
        yield block + "ffn_down.weight", (INNER, WIDTH), noise(INNER * WIDTH)


def text(value):
    encoded = value.encode()
    return struct.pack("<Q", len(encoded)) + encoded


def metadata(tokens):
    """The keys of the file, encoded: type 4 is a number, 6 a float, 7 a truth, 8 text, 9 a list."""
    number = lambda value: struct.pack("<II", 4, value)
    truth = lambda value: struct.pack("<I?", 7, value)
    string = lambda value: struct.pack("<I", 8) + text(value)
    listed = lambda kind, items: struct.pack("<IIQ", 9, kind, len(items)) + b"".join(items)
    likely = [0.0] * 3 + [-1000.0] * 256 + [-float(n) for n in range(len(tokens) - 259)]
    return {
        "general.architecture": string("llama"),
        "general.name": string("tiny-random"),
        "general.file_type": number(0),
        "llama.context_length": number(CONTEXT),
        "llama.embedding_length": number(WIDTH),
        "llama.block_count": number(LAYERS),
        "llama.feed_forward_length": number(INNER),
        "llama.attention.head_count": number(HEADS),
        "llama.attention.head_count_kv": number(HEADS),
        "llama.attention.layer_norm_rms_epsilon": struct.pack("<If", 6, 1e-5),
        "llama.rope.dimension_count": number(WIDTH // HEADS),
        "llama.vocab_size": number(len(tokens)),
        "tokenizer.ggml.model": string("llama"),
        "tokenizer.ggml.tokens": listed(8, [text(token) for token, _ in tokens]),
        "tokenizer.ggml.scores": listed(6, [struct.pack("<f", value) for value in likely]),
        "tokenizer.ggml.token_type": listed(5, [struct.pack("<i", kind) for _, kind in tokens]),
        "tokenizer.ggml.bos_token_id": number(1),
        "tokenizer.ggml.eos_token_id": number(len(tokens) - 1),
        "tokenizer.ggml.unknown_token_id": number(0),
        "tokenizer.ggml.add_bos_token": truth(True),
        "tokenizer.ggml.add_eos_token": truth(False),
        "tokenizer.ggml.add_space_prefix": truth(False),
        "tokenizer.chat_template": string(CHATML),
    }


def write(path):
    padded = lambda count: (count + 31) // 32 * 32
    tokens = vocabulary()
    keys, named = metadata(tokens), list(tensors(tokens))
    head = b"GGUF" + struct.pack("<IQQ", 3, len(named), len(keys))
    head += b"".join(text(key) + value for key, value in keys.items())
    offset = 0
    for name, shape, values in named:
        head += text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, 0, offset)
        offset += padded(4 * len(values))
    with open(path, "wb") as file:
        file.write(head.ljust(padded(len(head)), b"\0"))
        for _, _, values in named:
            if sys.byteorder == "big":
                values.byteswap()
            file.write(values.tobytes().ljust(padded(4 * len(values)), b"\0"))


if __name__ == "__main__":
    write(sys.argv[1])
