// chain_f32 against the steps that it is made of, one after the other, bit for bit.
// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cstring>
#include <deque>
#include <string>

#include "test/native/harness.h"

namespace kompakt::testing {
namespace {

enum class Kind { kPlanes, kDense, kDepthwise, kMaxPool };

struct Stage {
  Kind kind;
  int64_t channels;  // of the output of kDense
  int64_t kernel, stride, pad, dilation;
  const char* activation;
  bool bias, residual;
};

struct ChainCase {
  int64_t n, h, w, c;
  std::vector<Stage> stages;
};

const std::vector<ChainCase> kCases = {
    // An image, as networks begin.
    {1,
     23,
     18,
     3,
     {{Kind::kPlanes, 0, 1, 1, 0, 1, "none", false, false},
      {Kind::kDense, 16, 3, 2, 1, 1, "relu", true, false},
      {Kind::kDense, 20, 1, 1, 0, 1, "none", true, false},
      {Kind::kDepthwise, 0, 3, 1, 1, 1, "relu", true, false},
      {Kind::kMaxPool, 0, 2, 2, 0, 1, "none", false, false}}},
    // Several images, windows that reach far into the padding, dilation, strides beyond the window.
    {3,
     9,
     5,
     17,
     {{Kind::kDense, 7, 3, 1, 2, 2, "clip", false, true},
      {Kind::kDepthwise, 0, 5, 2, 4, 1, "sigmoid", true, true},
      {Kind::kMaxPool, 0, 3, 1, 2, 2, "none", false, false},
      {Kind::kDense, 33, 1, 3, 0, 1, "gelu", true, true}}},
    // One line; more input lines than the windows need.
    {2,
     1,
     40,
     8,
     {{Kind::kDepthwise, 0, 3, 1, 1, 1, "none", false, false},
      {Kind::kDense, 5, 3, 1, 1, 1, "hard_swish", true, false}}},
    {1,
     31,
     6,
     40,
     {{Kind::kDense, 40, 1, 1, 0, 1, "none", true, true},
      {Kind::kMaxPool, 0, 2, 5, 0, 1, "none", false, false},
      {Kind::kDepthwise, 0, 3, 2, 1, 1, "relu", true, false}}},
};

/// A chain of test tensors, and the steps and the one step that compute it.
struct Chain {
  std::deque<TestTensor> tensors;
  std::vector<TestTensor*> inputs;  // of chain_f32
  std::vector<double> counts;
  ParamList params;
  TestTensor* last = nullptr;
};

int64_t OutOf(const Stage& s, int64_t in) {
  return (in + 2 * s.pad - (s.kernel - 1) * s.dilation - 1) / s.stride + 1;
}

/// Makes the tensors, and runs step by step.
void Build(const ChainCase& test, Chain* chain) {
  Random random(static_cast<uint64_t>(test.h * test.c));
  int constants = 0;
  const auto add = [&](const std::vector<int64_t>& dims, bool constant) {
    TestTensor& tensor = chain->tensors.emplace_back(DType::kF32, dims);
    tensor.FillF32(&random, -1, 1);
    if (constant) tensor.Constant(constants++);
    return &tensor;
  };
  int64_t h = test.h, w = test.w, c = test.c;
  const bool planes = test.stages[0].kind == Kind::kPlanes;
  TestTensor* x = planes ? add({test.n, c, h, w}, false) : add({test.n, h, w, c}, false);
  chain->inputs.push_back(x);
  for (size_t i = 0; i < test.stages.size(); ++i) {
    const Stage& s = test.stages[i];
    const int64_t oh = OutOf(s, h), ow = OutOf(s, w), o = s.kind == Kind::kDense ? s.channels : c;
    std::vector<TestTensor*> rest;
    ParamList params;
    std::string kind = s.kind == Kind::kPlanes ? "copy" : s.kind == Kind::kMaxPool ? "max_pool" : "conv_f32";
    const double kernel = static_cast<double>(s.kernel), stride = static_cast<double>(s.stride);
    const double pad = static_cast<double>(s.pad), dilation = static_cast<double>(s.dilation);
    if (s.kind == Kind::kPlanes) {
      const double pixels = static_cast<double>(h * w), channels = static_cast<double>(c);
      params.Set("dims", {static_cast<double>(test.n), pixels, channels}).Set("xOffset", 0).Set("yOffset", 0);
      params.Set("xStrides", {channels * pixels, 1, pixels})
          .Set("yStrides", {channels * pixels, channels, 1});
    } else {
      params.Set("strides", {stride, stride}).Set("pads", {pad, pad, pad, pad});
      params.Set("dilations", {dilation, dilation});
    }
    if (s.kind == Kind::kMaxPool) params.Set("kernel", {kernel, kernel});
    if (kind == "conv_f32") {
      const int64_t group = s.kind == Kind::kDepthwise ? c : 1;
      params.Set("group", static_cast<double>(group));
      params.Set("activation", s.activation).Set("alpha", -0.5).Set("beta", 0.5);
      rest.push_back(add({o, s.kernel, s.kernel, c / group}, true));
      rest.push_back(s.bias ? add({o}, true) : nullptr);
      rest.push_back(s.residual ? add({test.n, oh, ow, o}, false) : nullptr);
    }
    TestTensor* y = add({test.n, oh, ow, o}, false);
    std::vector<TestTensor*> inputs = {x};
    inputs.insert(inputs.end(), rest.begin(), rest.end());
    const Status status = RunStep(kind, inputs, {y}, params);
    REQUIRE_MESSAGE(status.ok(), status.message());

    const std::string prefix = std::to_string(i) + ".";
    chain->params.Set((prefix + "kind").c_str(), kind.c_str());
    if (kind != "copy")
      for (Params::Entry entry : params.params.entries) {
        entry.name = prefix + entry.name;
        chain->params.params.entries.push_back(entry);
      }
    if (i + 1 < test.stages.size())
      chain->params.Set((prefix + "dims").c_str(), {static_cast<double>(test.n), static_cast<double>(oh),
                                                    static_cast<double>(ow), static_cast<double>(o)});
    chain->inputs.insert(chain->inputs.end(), rest.begin(), rest.end());
    chain->counts.push_back(static_cast<double>(rest.size()));
    h = oh, w = ow, c = o;
    chain->last = x = y;
  }
  chain->params.Set("inputs", chain->counts);
}

TEST_CASE("chain_f32 equals its steps one after the other") {
  for (const ChainCase& test : kCases) {
    CAPTURE(test.h);
    Chain chain;
    Build(test, &chain);
    for (int threads : {1, 2, 5}) {
      CAPTURE(threads);
      const TensorView& want = chain.last->view;
      TestTensor y(DType::kF32, {want.dims[0], want.dims[1], want.dims[2], want.dims[3]});
      const Status status = RunStep("chain_f32", chain.inputs, {&y}, chain.params, threads, 2);
      REQUIRE_MESSAGE(status.ok(), status.message());
      CHECK(std::memcmp(y.view.data, want.data, want.bytes()) == 0);
    }
  }
}

TEST_CASE("chain_f32 refuses what is no chain") {
  Chain chain;
  Build(kCases[0], &chain);
  const TensorView& want = chain.last->view;
  TestTensor y(DType::kF32, {want.dims[0], want.dims[1], want.dims[2], want.dims[3]});
  const auto run = [&](const char* name, std::vector<double> values) {
    ParamList params = chain.params;
    for (Params::Entry& entry : params.params.entries)
      if (entry.name == name) entry.numbers = values;
    return RunStep("chain_f32", chain.inputs, {&y}, params).ok();
  };
  CHECK(run("inputs", chain.counts));
  CHECK_FALSE(run("inputs", {}));
  CHECK_FALSE(run("inputs", {0, 3, 3, 2, 0}));
  CHECK_FALSE(run("inputs", {0, 3, 3, 4, 0}));
  CHECK_FALSE(run("inputs", {0, -1, 3, 3, 0}));
  CHECK_FALSE(run("1.dims", {1, 12, 9, 17}));
  CHECK_FALSE(run("1.dims", {1, 2e9, 2e9, 16}));
  CHECK_FALSE(run("1.strides", {0, 2}));
  CHECK_FALSE(run("3.group", {2}));
  // A change of layout in the middle.
  ParamList params = chain.params;
  for (Params::Entry& entry : params.params.entries)
    if (entry.name == "4.kind") entry.text = "copy";
  CHECK_FALSE(RunStep("chain_f32", chain.inputs, {&y}, params).ok());
}

}  // namespace
}  // namespace kompakt::testing
