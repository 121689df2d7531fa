// TensorFlow Lite's C library, called from this process: that of the package tfjs-tflite-node, through the package koffi. Both
// are looked for in the working directory's node_modules: npm install --no-save --ignore-scripts koffi tfjs-tflite-node
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const types = { 1: 'float32', 2: 'int32', 3: 'uint8', 9: 'int8' };
const arrays = { float32: Float32Array, int32: Int32Array, uint8: Uint8Array, int8: Int8Array };
/** 8-bit operators too, signed and unsigned: XNNPACK leaves them to the built-in kernels unless told. */
const eightBits = 3;
/** More than any version's options take. */
const optionBytes = 64;

function load() {
  const require = createRequire(join(process.cwd(), 'package.json'));
  try {
    const folder = dirname(require.resolve('tfjs-tflite-node/package.json'));
    const machine = { x64: 'linux_amd64', arm64: 'linux_arm64' }[process.arch];
    const library = require('koffi').load(join(folder, 'cc_deps', machine, 'libtensorflowlite_c.so'));
    return (name, result, ...parameters) => library.func(name, result, parameters);
  } catch (error) {
    throw new Error(
      'TensorFlow Lite is not here: npm install --no-save --ignore-scripts koffi tfjs-tflite-node',
      { cause: error },
    );
  }
}

/** `open(file, threads, xnnpack)`: an interpreter with XNNPACK's delegate or with the built-in kernels; null where it refuses. Outputs are
 *  of the class `Tensor`. */
export function tensorflowLite(Tensor) {
  const f = load();
  const [model, options, interpreter, tensor, delegate] = ['void*', 'void*', 'void*', 'void*', 'void*'];
  const c = {
    version: f('TfLiteVersion', 'str'),
    model: f('TfLiteModelCreateFromFile', model, 'str'),
    options: f('TfLiteInterpreterOptionsCreate', options),
    threads: f('TfLiteInterpreterOptionsSetNumThreads', 'void', options, 'int'),
    addDelegate: f('TfLiteInterpreterOptionsAddDelegate', 'void', options, delegate),
    delegate: f('TfLiteXNNPackDelegateCreate', delegate, 'void*'),
    removeDelegate: f('TfLiteXNNPackDelegateDelete', 'void', delegate),
    interpreter: f('TfLiteInterpreterCreate', interpreter, model, options),
    allocate: f('TfLiteInterpreterAllocateTensors', 'int', interpreter),
    invoke: f('TfLiteInterpreterInvoke', 'int', interpreter),
    inputs: f('TfLiteInterpreterGetInputTensorCount', 'int', interpreter),
    outputs: f('TfLiteInterpreterGetOutputTensorCount', 'int', interpreter),
    input: f('TfLiteInterpreterGetInputTensor', tensor, interpreter, 'int'),
    output: f('TfLiteInterpreterGetOutputTensor', tensor, interpreter, 'int'),
    type: f('TfLiteTensorType', 'int', tensor),
    rank: f('TfLiteTensorNumDims', 'int', tensor),
    dim: f('TfLiteTensorDim', 'int', tensor, 'int'),
    write: f('TfLiteTensorCopyFromBuffer', 'int', tensor, 'void*', 'size_t'),
    read: f('TfLiteTensorCopyToBuffer', 'int', tensor, 'void*', 'size_t'),
    deleteInterpreter: f('TfLiteInterpreterDelete', 'void', interpreter),
    deleteOptions: f('TfLiteInterpreterOptionsDelete', 'void', options),
    deleteModel: f('TfLiteModelDelete', 'void', model),
  };
  const check = (status, what) => {
    if (status !== 0) throw new Error(`TensorFlow Lite: ${what} failed with status ${status}.`);
  };

  const described = (value) => ({
    value,
    type: types[c.type(value)],
    dims: Array.from({ length: c.rank(value) }, (_, i) => c.dim(value, i)),
  });

  function open(file, threads, xnnpack) {
    const made = { model: c.model(file), options: c.options(), delegate: null };
    const end = () => {
      c.deleteOptions(made.options);
      if (made.delegate !== null) c.removeDelegate(made.delegate);
      c.deleteModel(made.model);
    };
    c.threads(made.options, threads);
    if (xnnpack) {
      const settings = Buffer.alloc(optionBytes);
      settings.writeInt32LE(threads, 0);
      settings.writeUInt32LE(eightBits, 4);
      made.delegate = c.delegate(settings);
      c.addDelegate(made.options, made.delegate);
    }
    const running = c.interpreter(made.model, made.options);
    if (running === null) {
      end();
      return null;
    }
    check(c.allocate(running), 'to allocate tensors');
    const inputs = Array.from({ length: c.inputs(running) }, (_, i) => described(c.input(running, i)));
    const answer = () =>
      Array.from({ length: c.outputs(running) }, (_, i) => {
        const { value, type, dims } = described(c.output(running, i));
        const data = new arrays[type](dims.reduce((size, dim) => size * dim, 1));
        return { value, tensor: new Tensor(type, data, dims) };
      });
    let outputs;
    return {
      inputs,
      /** Copies inputs in, computes, and copies outputs out, into the Tensors that it answers with each time. */
      run(feeds) {
        for (const [i, { data }] of feeds.entries())
          check(c.write(inputs[i].value, data, data.byteLength), 'to copy an input');
        check(c.invoke(running), 'to run');
        // Known after the first run only: a delegate may have given outputs another shape.
        outputs ??= answer();
        for (const {
          value,
          tensor: { data },
        } of outputs)
          check(c.read(value, data, data.byteLength), 'to copy an output');
        return outputs.map(({ tensor }) => tensor);
      },
      release() {
        c.deleteInterpreter(running);
        end();
      },
    };
  }
  return { version: c.version(), open };
}
