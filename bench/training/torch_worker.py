"""PyTorch's side of bench/training.mjs: reads "NET STEPS" from standard input, answers with milliseconds per step."""
import sys
import time

import torch
from torch import nn


def lenet5():
    return nn.Sequential(
        nn.Conv2d(1, 20, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(20, 50, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(800, 500), nn.ReLU(), nn.Linear(500, 10))


def conv_norm(fan_in, fan_out, kernel, stride):
    return nn.Sequential(
        nn.Conv2d(fan_in, fan_out, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(fan_out))


class Block(nn.Module):
    def __init__(self, fan_in, fan_out, stride):
        super().__init__()
        self.inner = nn.Sequential(
            conv_norm(fan_in, fan_out, 3, stride), nn.ReLU(), conv_norm(fan_out, fan_out, 3, 1))
        self.side = nn.Identity() if fan_in == fan_out else conv_norm(fan_in, fan_out, 1, stride)

    def forward(self, x):
        return torch.relu(self.inner(x) + self.side(x))


def resnet8():
    return nn.Sequential(
        conv_norm(3, 16, 3, 1), nn.ReLU(), Block(16, 16, 1), Block(16, 32, 2), Block(32, 64, 2),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


def trainer(net, shape, batch):
    # PyTorch trains convolutions fastest on CPUs in this layout or the plain one: both are tried, the better one counts.
    def make(layout):
        model = net().to(memory_format=layout)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.001, momentum=0.9)
        x = torch.rand(batch, *shape).contiguous(memory_format=layout)
        target = torch.randint(0, 10, (batch,))

        def step():
            optimizer.zero_grad(set_to_none=True)
            loss = nn.functional.cross_entropy(model(x), target)
            loss.backward()
            optimizer.step()
            return loss.item()

        return step

    return [make(torch.contiguous_format), make(torch.channels_last)]


def measure(step, steps):
    start = time.perf_counter()
    for _ in range(steps):
        step()
    return (time.perf_counter() - start) * 1000 / steps


def main():
    threads, batch = int(sys.argv[1]), int(sys.argv[2])
    torch.set_num_threads(threads)
    steps_of = {"lenet5": trainer(lenet5, (1, 28, 28), batch), "resnet8": trainer(resnet8, (3, 32, 32), batch)}
    print("ready", torch.__version__, flush=True)
    for line in sys.stdin:
        net, count = line.split()
        print(min(measure(step, int(count)) for step in steps_of[net]), flush=True)


main()
