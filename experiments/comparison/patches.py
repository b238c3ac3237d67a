#!/usr/bin/env python3
"""The model of pixels in patches that the byte models are compared with: DeiT's role, at their size.

  patches.py --train IMAGES.gz --test IMAGES.gz --limit N --seed S [--epochs E]

A picture of 28 x 28 becomes 14 x 14 patches of 2 x 2 pixels, as many as DeiT makes of one of 224 x 224. Width, layers, heads, FFN, batch,
rates, weight decay, gradient limit, label smoothing and held-out share are those of recipe.yaml. Prints one JSON object. Needs
PyTorch (`pip install torch`), and nothing of this project.
"""
import argparse
import gzip
import json
import math
import struct
import time

import torch
from torch import nn
from torch.nn import functional as F

WIDTH, LAYERS, FFN, PATCH = 64, 4, 256, 2
BATCH, WARMUP, MAX_RATE, MIN_RATE, HELD_OUT = 16, 100, 1e-3, 2e-5, 0.02


def read_idx(path):
    with gzip.open(path) as file:
        content = file.read()
    sizes = struct.unpack_from(f">{content[3]}I", content, 4)
    return torch.frombuffer(bytearray(content[4 + 4 * len(sizes) :]), dtype=torch.uint8).reshape(sizes)


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm_1, self.norm_2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.qkv, self.out = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.fc_1, self.fc_2 = nn.Linear(WIDTH, FFN), nn.Linear(FFN, WIDTH)

    def forward(self, x):  # [batch, tokens, width]; one head of 64 channels
        q, k, v = self.qkv(self.norm_1(x)).chunk(3, dim=-1)
        x = x + self.out(F.scaled_dot_product_attention(q, k, v))
        return x + self.fc_2(F.gelu(self.fc_1(self.norm_2(x))))


class Patches(nn.Module):
    def __init__(self, side, classes):
        super().__init__()
        self.stem = nn.Conv2d(1, WIDTH, PATCH, stride=PATCH)
        self.positions = nn.Parameter(torch.zeros(1, (side // PATCH) ** 2, WIDTH))
        self.blocks = nn.Sequential(*(Block() for _ in range(LAYERS)))
        self.norm, self.classifier = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, classes)
        for name, parameter in self.named_parameters():
            if name == "positions" or (parameter.dim() == 2):
                nn.init.trunc_normal_(parameter, std=0.02)

    def forward(self, pictures):  # [batch, side, side] bytes
        x = self.stem((pictures[:, None].float() / 255 - 0.286) / 0.353).flatten(2).transpose(1, 2)
        return self.classifier(self.norm(self.blocks(x + self.positions)).mean(dim=1))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", required=True)
    parser.add_argument("--test", required=True)
    parser.add_argument("--limit", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--epochs", type=int, required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)

    def labelled(path):
        return read_idx(path), read_idx(path.replace("images-idx3", "labels-idx1")).long()

    pictures, labels = (t[: options.limit] for t in labelled(options.train))
    kept = torch.randperm(len(labels))[round(HELD_OUT * len(labels)) :]
    model = Patches(pictures.shape[-1], int(labels.max()) + 1)
    decayed = [p for p in model.parameters() if p.dim() > 1]
    others = [p for p in model.parameters() if p.dim() <= 1]
    optimiser = torch.optim.AdamW([{"params": decayed, "weight_decay": 0.05}, {"params": others, "weight_decay": 0}])

    start, step = time.time(), 0
    for epoch in range(options.epochs):
        cosine = MIN_RATE + 0.5 * (MAX_RATE - MIN_RATE) * (1 + math.cos(math.pi * epoch / options.epochs))
        for batch in kept[torch.randperm(len(kept))].split(BATCH):
            step += 1
            for group in optimiser.param_groups:
                group["lr"] = MAX_RATE * step / WARMUP if step <= WARMUP else cosine
            loss = F.cross_entropy(model(pictures[batch]), labels[batch], label_smoothing=0.1)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
    seconds = time.time() - start

    test_pictures, test_labels = labelled(options.test)
    with torch.no_grad():
        right = sum((model(p).argmax(-1) == t).sum().item() for p, t in zip(test_pictures.split(200), test_labels.split(200)))
    print(json.dumps({"top1": right / len(test_labels), "train_seconds": round(seconds, 1),
                      "parameters": sum(p.numel() for p in model.parameters())}))


if __name__ == "__main__":
    main()
