// Tier regions: KPT_TIER_BEGIN_<tier> ... KPT_TIER_END around the code of a tier file, after all includes.
// Code inside is compiled for that tier without any -m flag, so both builds keep one flat source list and no
// inline function of a header can be emitted with instructions that an old CPU lacks. No lambdas and no STL
// inside a region. SPDX-License-Identifier: Apache-2.0
#pragma once

#define KPT_PRAGMA(text) _Pragma(#text)

#if defined(__clang__)
#define KPT_TARGET_BEGIN(features) \
  KPT_PRAGMA(clang attribute push(__attribute__((target(features))), apply_to = function))
#define KPT_TIER_END KPT_PRAGMA(clang attribute pop)
#else
#define KPT_TARGET_BEGIN(features) KPT_PRAGMA(GCC push_options) KPT_PRAGMA(GCC target(features))
#define KPT_TIER_END KPT_PRAGMA(GCC pop_options)
#endif

#define KPT_TIER_BEGIN_AVX2 KPT_TARGET_BEGIN("avx2,fma,f16c")
#define KPT_TIER_BEGIN_AVXVNNI KPT_TARGET_BEGIN("avx2,fma,f16c,avxvnni")
#define KPT_TIER_BEGIN_AVX512VNNI \
  KPT_TARGET_BEGIN("avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")
#define KPT_TIER_BEGIN_AVX512VBMI \
  KPT_TARGET_BEGIN("avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx512vbmi")
#define KPT_TIER_BEGIN_AVX512POPCNT \
  KPT_TARGET_BEGIN("avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx512vpopcntdq")
// Advanced SIMD is the AArch64 baseline, and portable code needs nothing: empty pairs keep the files alike.
#define KPT_TIER_BEGIN_SCALAR
#define KPT_TIER_END_SCALAR
#define KPT_TIER_BEGIN_NEON
#define KPT_TIER_END_NEON
#if defined(__clang__)
#define KPT_TIER_BEGIN_DOTPROD KPT_TARGET_BEGIN("dotprod")
#define KPT_TIER_BEGIN_I8MM KPT_TARGET_BEGIN("dotprod,i8mm")
#else
#define KPT_TIER_BEGIN_DOTPROD KPT_TARGET_BEGIN("arch=armv8.2-a+dotprod")
#define KPT_TIER_BEGIN_I8MM KPT_TARGET_BEGIN("arch=armv8.2-a+dotprod+i8mm")
#endif
