// Runs compiled modules for the tests: one JSON request a line, one JSON answer a line.
// Numbers travel as the 16 hexadecimal digits of their bits, so that nothing is lost.
import { createInterface } from "node:readline";

const modules = new Map();

function decode(hex) {
  const bytes = Buffer.from(hex, "hex");
  return new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}

function encode(numbers) {
  return Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength).toString("hex");
}

function argument({ hex, scalar, plain }) {
  const numbers = decode(hex);
  return scalar ? numbers[0] : plain ? Array.from(numbers) : numbers;
}

function result(output) {
  if (typeof output === "number") return { scalar: true, hex: encode(Float64Array.of(output)) };
  if (output instanceof Float64Array) return { scalar: false, hex: encode(output) };
  throw new Error(`an output is ${Object.prototype.toString.call(output)}`);
}

const actions = {
  async open({ id, source }) {
    const module = await import("data:text/javascript;base64," + Buffer.from(source).toString("base64"));
    modules.set(id, module);
    return { inputs: module.inputs, outputs: module.outputs, constants: module.constants, load: "load" in module };
  },
  load({ id, hex }) {
    const bytes = Buffer.from(hex, "hex");
    modules.get(id).load(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
    return null;
  },
  call({ id, args }) {
    return modules.get(id).default(...args.map(argument)).map(result);
  },
  // Call twice with other arguments between, and say whether an output array is handed out twice.
  aliased({ id, args }) {
    const compute = modules.get(id).default;
    const outputs = [...compute(...args.map(argument)), ...compute(...args.map(argument))];
    const buffers = outputs.filter((o) => typeof o !== "number").map((o) => o.buffer);
    return new Set(buffers).size !== buffers.length;
  },
  time({ id, args, repeats }) {
    const compute = modules.get(id).default;
    const values = args.map(argument);
    for (let n = 0; n < repeats; n++) compute(...values);
    const start = performance.now();
    for (let n = 0; n < repeats; n++) compute(...values);
    return (performance.now() - start) / repeats;
  },
  close({ id }) {
    modules.delete(id);
    return null;
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  let answer;
  try {
    answer = { value: await actions[request.action](request) };
  } catch (error) {
    answer = { error: String(error) };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
}
